"""Signatures and certificates: signing a manifest, checking it against configured trust, and a demonstration authority.

Start with :func:`sapa.signing.verifier.verifier` to check, :func:`sapa.signing.cades.sign_detached` to sign and
:class:`sapa.signing.authority.DemonstrationAuthority` where no real authority is at hand.
"""
