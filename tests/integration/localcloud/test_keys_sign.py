"""Keys of KMS that sign, and those that only encrypt."""

from typing import Any

from tests.integration.localcloud.world import World

MESSAGE = b"what is signed"
HOW = {"SigningAlgorithm": "RSASSA_PSS_SHA_256"}


def test_a_key_signs_with_the_pair_whose_public_half_it_tells(world: World) -> None:
    kms: Any = world.client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    public = kms.get_public_key(KeyId=key)["PublicKey"]
    signature = kms.sign(KeyId=key, Message=MESSAGE, **HOW)["Signature"]
    signed = {"KeyId": key, "Message": MESSAGE, "Signature": signature}
    assert kms.verify(**signed, **HOW)["SignatureValid"]
    assert kms.get_public_key(KeyId=key)["PublicKey"] == public


def test_a_key_encrypts(world: World) -> None:
    kms: Any = world.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key, Plaintext=MESSAGE)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == MESSAGE
