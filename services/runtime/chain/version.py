"""The version of a chain: a digest of its content, so that the same files give the same version everywhere."""

import hashlib

import msgspec

from schemas.chain import Chain


def content_version(chain: Chain) -> str:
    """Twelve hexadecimal digits of SHA-256 over the chain's JSON with an empty version."""
    content = msgspec.json.encode(msgspec.structs.replace(chain, version=""))
    return hashlib.sha256(content).hexdigest()[:12]


def with_version(chain: Chain) -> Chain:
    """The chain carrying the version of its content."""
    return msgspec.structs.replace(chain, version=content_version(chain))
