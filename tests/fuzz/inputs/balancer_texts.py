"""Files of nginx and haproxy as operators write them; a name begins with its program."""

from __future__ import annotations

BALANCERS = {
    "nginx-stream.conf": """
stream {
  upstream kube {
    least_conn;
    server 10.0.0.1:6443 max_fails=3 fail_timeout=10s;
    server 10.0.0.2:6443 weight=2;
    server 10.0.0.3:6443 backup;
  }
  server {
    listen 127.0.0.1:6443;
    proxy_pass kube;
    proxy_timeout 10m;
    proxy_connect_timeout 1s;
  }
}
""",
    "nginx-whole.conf": """
user www-data;
worker_processes auto;
error_log stderr notice;
include /etc/nginx/modules-enabled/*.conf;
events { multi_accept on; use epoll; worker_connections 16384; }
stream {
  log_format basic '$remote_addr [$time_local] $protocol $status';
  access_log /var/log/nginx/stream.log basic;
  map $ssl_preread_server_name $name { api.example.org kube; default ingress; }
  upstream kube { hash $remote_addr consistent; zone kube 64k; server a.example.org:6443; }
  upstream ingress { server 10.0.0.9:443; }
  server { listen 6443; proxy_pass kube; }
  server { listen 443; ssl_preread on; proxy_pass $name; }
}
http {
  server { listen 8081; location /healthz { access_log off; return 200; } }
}
""",
    "haproxy-whole.cfg": """
global
  maxconn 4000
  log 127.0.0.1 local0
  stats socket /run/haproxy/admin.sock mode 660
  user haproxy

defaults
  mode http
  log global
  option httplog
  retries 3
  timeout connect 10s
  timeout client 20s
  timeout server 20s

frontend healthz
  bind 0.0.0.0:8081
  mode http
  monitor-uri /healthz

frontend kube_api_frontend
  bind 127.0.0.1:6443
  mode tcp
  option tcplog
  default_backend kube_api_backend

backend kube_api_backend
  mode tcp
  balance leastconn
  option httpchk GET /healthz
  http-check expect status 200
  default-server inter 15s downinter 15s rise 2 fall 2 slowstart 60s maxconn 1000 weight 100
  server kube1 10.0.0.1:6443 check check-ssl verify none
  server kube2 10.0.0.2:6443 check check-ssl verify none
""",
    "haproxy-listen.cfg": """
defaults
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen stats
  bind *:9000
  mode http
  stats enable
  stats auth admin:secret
listen api
  bind :6443 name v4
  bind :::6443 v6only
  mode tcp
  option tcp-check
  server-template kube 3 kube.example.org:6443 check inter 1s
  server bootstrap 10.0.0.1:6443 check inter 1s backup
""",
}
