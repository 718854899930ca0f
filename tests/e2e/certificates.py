"""Certificates for links beyond loopback, made by weir itself."""
from pathlib import Path

from support import local_cluster


def certificates(cluster: local_cluster, home: Path, *nodes: str, days: int = 365) -> None:
    """An authority of its own in `home`, and the certificates of nodes."""
    cluster.weir("cert", "authority", "--out", str(home))
    for name in nodes:
        cluster.weir("cert", "node", name, "--authority", str(home), "--out", str(home), "--days", str(days))
