"""Certificates for links beyond loopback, made by openssl."""
import subprocess
from pathlib import Path


def certificates(directory: Path, names: dict[str, str]) -> None:
    """An authority of its own, and for each file name a certificate that it signed for a subject."""
    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=directory, timeout=20)

    fresh = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *fresh, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=weir test")
    for name, subject in names.items():
        (directory / "san").write_text(f"subjectAltName=URI:{subject}\n", encoding="utf-8")
        openssl("req", *fresh, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                "2", "-extfile", "san", "-out", f"{name}.pem")
