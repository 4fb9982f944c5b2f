"""The enveloped XML signature of a CAP message (W3C XML-Signature, RSA or ECDSA with SHA-256, exclusive canonical form). Pure: key in, bytes out."""

from services.runtime.errors import InputError


def signed(document: bytes, key_pem: bytes, certificates_pem: bytes, password: bytes | None = None) -> bytes:
    """The document with its signature, the last child of ``alert``, and the certificates beside it, the signer's first.

    Raises InputError for a key or certificate that cannot be used.
    """
    from lxml import etree
    from signxml.algorithms import DigestAlgorithm, SignatureConstructionMethod
    from signxml.signer import XMLSigner

    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
    try:
        root = XMLSigner(
            method=SignatureConstructionMethod.enveloped,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
        ).sign(
            etree.fromstring(document, parser),
            key=key_pem,
            cert=certificates_pem.decode("ascii"),
            passphrase=password,
            always_add_key_value=False,
        )
    except (ValueError, TypeError) as error:
        raise InputError(f"无法用此密钥或证书签名 cannot sign with this key or certificate: {error}") from error
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))
