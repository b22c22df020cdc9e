"""Keys, tokens and certificates, made anew for each scenario."""

import base64
import datetime
import hashlib
import ipaddress
import json
import secrets
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ISSUER, AUDIENCE = "https://issuer.example", "llm"


def api_key():
    return "cap-" + secrets.token_hex(24)


def key_file(keys):
    """A file of API keys, by the name of each one's owner."""
    lines = []
    for name, key in keys.items():
        hashed = "sha256:" + hashlib.sha256(key.encode()).hexdigest()
        lines.append(f'  - {{ hash: "{hashed}", id: {name}, roles: [user], tenant: acme }}\n')
    return "keys:\n" + "".join(lines)


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """Signs tokens."""

    def __init__(self, name):
        self.name = name
        self.key = ed25519.Ed25519PrivateKey.generate()

    @property
    def jwk(self):
        public = self.key.public_key().public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.name, "x": encode(public)}

    def token(self, header=None, **claims):
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": self.name, "iat": now, "exp": now + 3600}
        head = {"alg": "EdDSA", "typ": "JWT", "kid": self.name} | (header or {})
        body = {key: value for key, value in (usual | claims).items() if value is not None}
        text = ".".join(encode(json.dumps(part).encode()) for part in (head, body))
        return text + "." + encode(self.key.sign(text.encode()))


def key_set(signers):
    return json.dumps({"keys": [signer.jwk for signer in signers]})


def certificate(name, authority=None):
    """A certificate for 127.0.0.1 and its key, as PEM; self-signed if no authority signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signer = authority or (subject, key)
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.public_bytes(serialization.Encoding.PEM), private, (subject, key)


class Authority:
    """Signs certificates for 127.0.0.1."""

    def __init__(self):
        self.pem, _, self.signer = certificate("authority of a test")

    def pair(self, name="a test"):
        cert, key, _ = certificate(name, self.signer)
        return cert, key
