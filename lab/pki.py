"""Certificates of a lab: an authority, and a certificate for each component and each user.

Every master's certificate carries the master's name as its common name, so that a client
knows from the handshake which master served it. Keys are P-256: a lab's start-up and every
new connection pay for them.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from lab.nodes import Node
    from lab.plan import LabPlan

VALIDITY = dt.timedelta(days=30)
PROBE_USER = "halab-probe"
# common name, organisation; only `admin` is exempt from priority and fairness.
USERS = {
    "admin": ("halab-admin", "system:masters"),
    "probe": (PROBE_USER, "halab:probes"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "kube-proxy": ("system:kube-proxy", ""),
}


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, PEM."""

    certificate: bytes
    key: bytes


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


class Authority:
    """The lab's certificate authority, in memory."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = (
            self._builder(subject, subject, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .add_extension(_key_usage(authority=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate, PEM."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    @staticmethod
    def _builder(
        subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + VALIDITY)
        )

    def issue(self, common_name: str, organisation: str = "", names: tuple[str, ...] = ()) -> Pair:
        """Issue a certificate for servers and clients; `names` may be addresses or DNS names."""
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
        if organisation:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
        usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = self._builder(
            x509.Name(attributes), self._certificate.subject, key.public_key()
        ).add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        # strict clients, Python from 3.13 on, require these three
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = (
            builder.add_extension(issuer, critical=False)
            .add_extension(subject, critical=False)
            .add_extension(_key_usage(authority=False), critical=True)
        )
        if names:
            alternatives = [_general_name(name) for name in names]
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=False
            )
        certificate = builder.sign(self._key, hashes.SHA256())
        return Pair(certificate.public_bytes(serialization.Encoding.PEM), _pem(key))


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _service_account_files() -> dict[str, bytes]:
    """Make the key with which all masters sign service accounts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {"pki/service-account.pub": public, "pki/service-account.key": _pem(key)}


def node_files(plan: LabPlan) -> dict[str, dict[str, bytes]]:
    """Make the key material of a lab: node name -> path in the node's directory -> content."""
    authority = Authority(f"halab-{plan.spec.name}")
    users = {name: authority.issue(*subject) for name, subject in USERS.items()}
    # making an RSA key takes as long as all other keys together
    accounts = _service_account_files() if plan.with_role("master") else {}

    def files_of(node: Node) -> dict[str, bytes]:
        pairs = dict(users)
        if "etcd" in node.roles:
            pairs["etcd"] = authority.issue(node.name, names=(node.address, "127.0.0.1"))
        if "master" in node.roles:
            names = (node.address, "127.0.0.1", "10.96.0.1", "kubernetes", "kubernetes.default")
            served = (*names, *plan.balancer_addresses)
            pairs["apiserver"] = authority.issue(node.name, names=served)
        if node.name in plan.kubelet_nodes:
            # by these two names the Node authorizer lets a kubelet change its own node only
            pairs["kubelet"] = authority.issue(f"system:node:{node.name}", "system:nodes")
        files = {"pki/ca.crt": authority.certificate}
        for name, pair in pairs.items():
            files[f"pki/{name}.crt"], files[f"pki/{name}.key"] = pair.certificate, pair.key
        if "master" in node.roles:
            files |= accounts
        return files

    return {node.name: files_of(node) for node in plan.nodes}
