// podroutes is the network of a cluster's pods, one on each node: it writes the configuration of
// the CNI plugins, lets pods reach what is outside under the node's address, and keeps a route to
// the pods of every other node. What it has set stays when it ends.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	account       = "/var/run/secrets/kubernetes.io/serviceaccount"
	configuration = "/etc/cni/net.d/10-halab.conflist"
	// Until every node has the addresses of its pods, and after that.
	soon, later = time.Second, 10 * time.Second
	timeout     = 5 * time.Second
)

type node struct {
	Metadata struct{ Name string }
	Spec     struct{ PodCIDR string }
	Status   struct {
		Addresses []struct{ Type, Address string }
	}
}

func (n node) address() string {
	for _, each := range n.Status.Addresses {
		if each.Type == "InternalIP" {
			return each.Address
		}
	}
	return ""
}

type network struct {
	here, endpoint, pods string
	client               *http.Client
	written              string
}

func main() {
	authority, err := os.ReadFile(filepath.Join(account, "ca.crt"))
	if err != nil {
		log.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}
	net := network{
		here:     os.Getenv("NODE_NAME"),
		endpoint: endpoint(),
		pods:     os.Getenv("POD_SUBNET"),
		client:   &http.Client{Transport: transport, Timeout: timeout},
	}
	for {
		pause := later
		if err := net.reconcile(); err != nil {
			log.Print(err)
			pause = soon
		}
		time.Sleep(pause)
	}
}

// endpoint is the one that kind adds: it can be reached before the addresses of services can.
func endpoint() string {
	if given := os.Getenv("CONTROL_PLANE_ENDPOINT"); given != "" {
		return given
	}
	return net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
}

func (n *network) reconcile() error {
	nodes, err := n.nodes()
	if err != nil {
		return err
	}
	var missing error
	for _, each := range nodes {
		switch {
		case each.Spec.PodCIDR == "" || each.address() == "":
			missing = fmt.Errorf("%s has no addresses of pods yet", each.Metadata.Name)
		case each.Metadata.Name == n.here:
			err = n.configure(each.Spec.PodCIDR)
		default:
			err = run("ip", "route", "replace", each.Spec.PodCIDR, "via", each.address())
		}
		if err != nil {
			return err
		}
	}
	return missing
}

func (n *network) nodes() ([]node, error) {
	token, err := os.ReadFile(filepath.Join(account, "token"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+n.endpoint+"/api/v1/nodes", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	answer, err := n.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the list of nodes: %s", answer.Status)
	}
	var list struct{ Items []node }
	err = json.NewDecoder(answer.Body).Decode(&list)
	return list.Items, err
}

func (n *network) configure(cidr string) error {
	if n.written == cidr {
		return nil
	}
	if err := n.masquerade(cidr); err != nil {
		return err
	}
	text := fmt.Sprintf(`{
  "cniVersion": "1.0.0",
  "name": "halab",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "dataDir": "/run/cni-ipam-state",
        "routes": [{"dst": "0.0.0.0/0"}],
        "ranges": [[{"subnet": %q}]]
      },
      "mtu": %d
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`, cidr, mtu())
	half := configuration + ".half"
	if err := os.WriteFile(half, []byte(text), 0o644); err != nil {
		return err
	}
	if err := os.Rename(half, configuration); err != nil {
		return err
	}
	n.written = cidr
	return nil
}

func (n *network) masquerade(cidr string) error {
	rule := []string{"POSTROUTING", "-s", cidr, "!", "-d", n.pods, "-j", "MASQUERADE"}
	table := []string{"--wait", "-t", "nat"}
	if run("iptables", append(append(table, "-C"), rule...)...) == nil {
		return nil
	}
	return run("iptables", append(append(table, "-A"), rule...)...)
}

// mtu is that of the interface which leads to the other nodes.
func mtu() int {
	if device, err := net.InterfaceByName("eth0"); err == nil {
		return device.MTU
	}
	return 1500
}

func run(program string, arguments ...string) error {
	said, err := exec.Command(program, arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %v: %w: %s", program, arguments, err, said)
	}
	return nil
}
