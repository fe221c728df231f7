"""Who is who in a lab: certificates, keys, and the kubeconfig that carries them."""

from __future__ import annotations

import base64
import datetime as dt
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab import kubeconfig
from lab.certificates import PROBE_USER, Authority
from lab.components.lab_plan import plan_lab
from lab.pki import node_files
from lab.spec import LabSpec

PLAN = plan_lab(LabSpec(name="pki", etcd=2, masters=2, workers=1))
FILES = node_files(PLAN)
MASTERS = [node.name for node in PLAN.with_role("master")]
MEMBERS = [node.name for node in PLAN.with_role("etcd")]
ALL = [node.name for node in PLAN.nodes]


def certificate(node, name):
    return x509.load_pem_x509_certificate(FILES[node][f"pki/{name}.crt"])


def public_key(node, name):
    key = serialization.load_pem_private_key(FILES[node][f"pki/{name}.key"], None)
    return key.public_key()


def subject(issued, oid):
    return [attribute.value for attribute in issued.subject.get_attributes_for_oid(oid)]


def names(issued):
    alternatives = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(alternative.value) for alternative in alternatives}


CERTIFICATES = [
    pytest.param(node, path[4:-4], id=f"{node}-{path[4:-4]}")
    for node, files in FILES.items()
    for path in files
    if path.endswith(".crt")
]
ISSUED = [parameters for parameters in CERTIFICATES if parameters.values[1] != "ca"]


@pytest.mark.parametrize("master", MASTERS)
def test_a_masters_certificate_carries_the_masters_name(master):
    assert subject(certificate(master, "apiserver"), NameOID.COMMON_NAME) == [master]


@pytest.mark.parametrize("master", MASTERS)
def test_an_apiserver_is_valid_for_every_name_it_is_called_by(master):
    assert names(certificate(master, "apiserver")) == {
        PLAN.node(master).address,
        "127.0.0.1",
        "10.96.0.1",
        "kubernetes",
        "kubernetes.default",
    }


@pytest.mark.parametrize("member", MEMBERS)
def test_a_members_certificate_is_valid_for_its_address(member):
    assert subject(certificate(member, "etcd"), NameOID.COMMON_NAME) == [member]
    assert names(certificate(member, "etcd")) == {PLAN.node(member).address, "127.0.0.1"}


@pytest.mark.parametrize(("node", "name"), CERTIFICATES)
def test_every_certificate_is_signed_by_the_one_authority(node, name):
    authority = certificate(ALL[0], "ca")
    certificate(node, name).verify_directly_issued_by(authority)


@pytest.mark.parametrize(("node", "name"), ISSUED)
def test_every_certificate_has_its_key_beside_it(node, name):
    assert certificate(node, name).public_key() == public_key(node, name)


@pytest.mark.parametrize(("node", "name"), ISSUED)
def test_every_certificate_serves_servers_and_clients_and_signs_nothing(node, name):
    issued = certificate(node, name)
    usage = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    with pytest.raises(x509.ExtensionNotFound):
        issued.extensions.get_extension_for_class(x509.BasicConstraints)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The files of every node, each in a directory of its own."""
    directory = tmp_path_factory.mktemp("nodes")
    for node, files in FILES.items():
        (directory / node / "pki").mkdir(parents=True)
        for path, content in files.items():
            (directory / node / path).write_bytes(content)
    return directory


def strict(side, pki, name):
    """Return a context that takes only what the standard allows, as Python 3.13 does."""
    context = ssl.SSLContext(side)
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(pki / "ca.crt")
    context.load_cert_chain(pki / f"{name}.crt", pki / f"{name}.key")
    return context


SERVERS = [
    *(pytest.param(node, "etcd", PLAN.node(node).address, id=node) for node in MEMBERS),
    *(pytest.param(node, "apiserver", PLAN.node(node).address, id=node) for node in MASTERS),
    pytest.param("etcd-1", "etcd", "127.0.0.1", id="etcd-1 on its loopback"),
    pytest.param("master-1", "apiserver", "127.0.0.1", id="master-1 through a proxy"),
    pytest.param("master-1", "apiserver", "kubernetes.default", id="master-1 by name"),
]
CLIENTS = [
    pytest.param("worker-1", "probe", id="probe"),
    pytest.param("worker-1", "admin", id="admin"),
    pytest.param("master-2", "controller-manager", id="controller-manager"),
    pytest.param("master-2", "apiserver", id="apiserver"),
    pytest.param("etcd-2", "etcd", id="peer"),
]


def subject_in(peer):
    """Return the common name in what a TLS connection says of its other side."""
    return {key: value for part in peer["subject"] for key, value in part}["commonName"]


@pytest.mark.parametrize(("server", "server_name", "called"), SERVERS)
@pytest.mark.parametrize(("client", "client_name"), CLIENTS)
def test_strict_clients_and_strict_servers_trust_each_other(
    home, server, server_name, called, client, client_name
):
    near, far = socket.socketpair()
    answering = strict(ssl.PROTOCOL_TLS_SERVER, home / server / "pki", server_name)
    asking = strict(ssl.PROTOCOL_TLS_CLIENT, home / client / "pki", client_name)
    with near, far, ThreadPoolExecutor(1) as pool:
        for connection in (near, far):
            connection.settimeout(5)
        accepted = pool.submit(answering.wrap_socket, far, server_side=True)
        with (
            asking.wrap_socket(near, server_hostname=called) as opened,
            accepted.result(5) as served,
        ):
            assert subject_in(opened.getpeercert()) == server
            expected = subject(certificate(client, client_name), NameOID.COMMON_NAME)
            assert [subject_in(served.getpeercert())] == expected


def test_the_authority_is_named_after_the_lab_and_may_sign():
    issued = certificate(ALL[0], "ca")
    assert subject(issued, NameOID.COMMON_NAME) == ["halab-pki"]
    assert issued.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_authoritys_key_is_given_to_no_node():
    assert not [path for files in FILES.values() for path in files if "ca.key" in path]


@pytest.mark.parametrize(
    ("nodes", "name"),
    [pytest.param(MASTERS, "apiserver", id="masters"), pytest.param(MEMBERS, "etcd", id="members")],
)
def test_no_two_nodes_share_a_servers_key(nodes, name):
    assert len({FILES[node][f"pki/{name}.key"] for node in nodes}) == len(nodes)


def test_two_labs_share_no_authority():
    assert node_files(PLAN)["etcd-1"]["pki/ca.crt"] != FILES["etcd-1"]["pki/ca.crt"]


def test_every_master_signs_service_accounts_with_the_same_key():
    assert len({FILES[master]["pki/service-account.key"] for master in MASTERS}) == 1
    public = serialization.load_pem_public_key(FILES[MASTERS[0]]["pki/service-account.pub"])
    assert public == public_key(MASTERS[0], "service-account")
    holders = {node for node in ALL if "pki/service-account.key" in FILES[node]}
    assert holders == set(MASTERS)


@pytest.mark.parametrize(
    ("user", "common_name", "organisations"),
    [
        pytest.param("admin", "halab-admin", ["system:masters"], id="admin"),
        pytest.param("probe", PROBE_USER, ["halab:probes"], id="probe"),
        pytest.param(
            "controller-manager", "system:kube-controller-manager", [], id="controller-manager"
        ),
        pytest.param("scheduler", "system:kube-scheduler", [], id="scheduler"),
    ],
)
@pytest.mark.parametrize("node", ALL)
def test_every_node_holds_the_users(node, user, common_name, organisations):
    issued = certificate(node, user)
    assert subject(issued, NameOID.COMMON_NAME) == [common_name]
    assert subject(issued, NameOID.ORGANIZATION_NAME) == organisations


@pytest.mark.parametrize(
    ("node", "absent"),
    [
        pytest.param("etcd-1", "apiserver", id="etcd"),
        pytest.param("master-1", "etcd", id="master"),
        pytest.param("worker-1", "apiserver", id="worker"),
    ],
)
def test_a_node_without_a_role_gets_no_certificate_for_it(node, absent):
    assert f"pki/{absent}.key" not in FILES[node]


def test_a_stacked_master_gets_both():
    files = node_files(plan_lab(LabSpec(etcd=1, masters=1, workers=0, stacked=True)))["master-1"]
    assert {"pki/etcd.key", "pki/apiserver.key"} <= set(files)


def test_a_certificate_is_valid_now_and_from_an_hour_ago():
    issued = x509.load_pem_x509_certificate(Authority.made("ca").issue("somebody").certificate)
    now = dt.datetime.now(dt.UTC)
    assert issued.not_valid_before_utc < now - dt.timedelta(minutes=59)
    assert issued.not_valid_after_utc > now + dt.timedelta(days=29)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("10.83.1.1", x509.IPAddress, id="IPv4"),
        pytest.param("::1", x509.IPAddress, id="IPv6"),
        pytest.param("kubernetes.default", x509.DNSName, id="DNS name"),
    ],
)
def test_addresses_and_dns_names_are_told_apart(name, kind):
    issued = x509.load_pem_x509_certificate(
        Authority.made("ca").issue("x", names=(name,)).certificate
    )
    [alternative] = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert isinstance(alternative, kind)


def test_a_kubeconfig_stands_alone(tmp_path):
    content = {"ca.crt": b"authority", "admin.crt": b"certificate", "admin.key": b"key \xff"}
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    parsed = yaml.safe_load(kubeconfig.render(40123, tmp_path, "admin"))
    [context], [cluster], [user] = parsed["contexts"], parsed["clusters"], parsed["users"]
    assert parsed["current-context"] == context["name"]
    assert context["context"] == {"cluster": cluster["name"], "user": user["name"]}
    assert cluster["cluster"]["server"] == "https://127.0.0.1:40123"
    inside = {
        "ca.crt": cluster["cluster"]["certificate-authority-data"],
        "admin.crt": user["user"]["client-certificate-data"],
        "admin.key": user["user"]["client-key-data"],
    }
    assert {name: base64.b64decode(data) for name, data in inside.items()} == content
