"""A broker that speaks TLS, and certificates for it."""

import subprocess

from harness import Broker, free_port


def openssl(*arguments):
    subprocess.run(['openssl', *arguments], check=True, capture_output=True, timeout=30)


def make_ca(directory, name):
    """Returns the file with its certificate; the key is beside it."""
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
            '-subj', f'/CN={name}', '-keyout', f'{directory}/{name}.key', '-out', f'{directory}/{name}.pem')
    return f'{directory}/{name}.pem'


def make_certificate(directory, ca, name, subject):
    """`subject` is a subjectAltName. Returns the file; the key is beside it."""
    base = f'{directory}/{name}'
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', f'/CN={name}',
            '-keyout', f'{base}.key', '-out', f'{base}.csr')
    with open(f'{base}.ext', 'w', encoding='ascii') as file:
        file.write(f'subjectAltName={subject}\n')
    openssl('x509', '-req', '-in', f'{base}.csr', '-CA', ca, '-CAkey', ca.replace('.pem', '.key'),
            '-CAcreateserial', '-days', '2', '-extfile', f'{base}.ext', '-out', f'{base}.pem')
    return f'{base}.pem'


class TlsBroker:
    """A broker that speaks TLS too, with a certificate for `subject`."""

    def __init__(self, scope, directory, ca, subject, config=''):
        self.port = free_port()
        certificate = make_certificate(directory, ca, 'broker', subject)
        self.plain = Broker(scope, f'listener {self.port} 127.0.0.1\ncertfile {certificate}\n'
                                   f'keyfile {certificate.replace(".pem", ".key")}\n{config}')
        self.url = f'mqtts://127.0.0.1:{self.port}'
