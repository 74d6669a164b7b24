"""What every process stands on: disk, clock, the certificates of whom it talks to. For monitors and doctors alike."""

import math
import shutil
import socket
import ssl
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

from protocol.checkup import Finding, well
from protocol.limits import LIMITS
from protocol.programs import Words

LEAST_FREE: Final = 2 * 1024**3
"""Bytes that must be free where a process keeps its state; the alert of the same meaning says the same number."""
SOON: Final = 21
"""Days before its end from which a certificate is said to end."""
_PORTS: Final = {"https": 443, "amqps": 5671, "rediss": 6379, "wss": 443}
_PATIENCE: Final = 5.0
_DAY: Final = 86_400


def software_version() -> str:
    """The installed version, `0+source` from a checkout."""
    try:
        return version("tallystick")
    except PackageNotFoundError:
        return "0+source"


def disk(path: Path) -> Finding:
    """Whether there is room where state is kept."""
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return Finding(
            "disk",
            False,
            Words(f"{path} cannot be read.", f"无法读取{path}。"),
            Words("Create it, owned by this user, mode 0700.", "请创建该目录，属主为当前用户，权限 0700。"),
        )
    free = usage.free / 1024**3
    if usage.free >= LEAST_FREE:
        return well("disk", f"{free:.1f} GiB free at {path}.", f"{path} 剩余 {free:.1f} GiB。")
    return Finding(
        "disk",
        False,
        Words(f"Only {free:.1f} GiB free at {path}.", f"{path} 仅剩 {free:.1f} GiB。"),
        Words("Free space or enlarge the disk: at least 2 GiB.", "请清理或扩容磁盘，至少保留 2 GiB。"),
    )


def clock(check: str, theirs: float, whose: Words) -> Finding:
    """The clock of this machine against another's; both in unix seconds."""
    apart = round(abs(theirs - time.time()))
    if apart <= LIMITS.clock_skew:
        return well(check, f"{apart} s from {whose.english} clock.", f"与{whose.chinese}时钟相差{apart}秒。")
    return Finding(
        check,
        False,
        Words(f"{apart} s from {whose.english} clock.", f"与{whose.chinese}时钟相差{apart}秒。"),
        Words("Set both clocks by NTP.", "用 NTP 校准两处时钟。"),
    )


def certificate(check: str, url: str, cafile: str | None = None) -> Finding | None:
    """How long the TLS certificate behind a URL is good for; None where the URL speaks no TLS.

    Only scheme, host and port of the URL are said: what else is in it may be secret.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        return None
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        end = certificate_end(host, port, cafile)
    except ssl.SSLCertVerificationError as error:
        return Finding(
            check,
            False,
            Words(f"The certificate of {host}:{port} is not accepted: {error.verify_message}.", f"{host}:{port} 的证书未通过校验：{error.verify_message}。"),
            Words(
                "Renew it at its server, or trust its issuer on this machine.", "请在服务器端更新证书，或在本机信任其签发者。"
            ),
        )  # fmt: skip
    except OSError:
        return Finding(
            check,
            False,
            Words(f"{host}:{port} does not answer by TLS.", f"{host}:{port} 未以 TLS 响应。"),
            Words("Check the address, the network and the server.", "请检查地址、网络和服务器。"),
        )
    days = math.floor((end - datetime.now(UTC)).total_seconds() / _DAY)
    said = Words(
        f"The certificate of {host}:{port} is good for {days} days, until {end:%Y-%m-%d}.",
        f"{host}:{port} 的证书还有{days}天到期（{end:%Y-%m-%d}）。",
    )
    if days > SOON:
        return Finding(check, True, said, Words("", ""))
    return Finding(check, False, said, Words("Renew it at its server now.", "请立即在服务器端更新证书。"))


def certificate_end(host: str, port: int, cafile: str | None = None) -> datetime:
    """Until when the certificate that a server presents is good; it is verified for the host. Raises ``OSError``."""
    context = ssl.create_default_context(cafile=cafile)
    with (
        socket.create_connection((host, port), timeout=_PATIENCE) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        found = cast("dict[str, object]", secured.getpeercert())
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
