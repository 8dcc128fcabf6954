"""What a record says of the machine it was measured on."""

from outrider.verify.environment import named_processor, processor

OLD = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 23
model\t\t: 1
model name\t: AMD EPYC
flags\t\t: fpu sse2 avx avx2 sha_ni

processor\t: 1
cpu family\t: 99
"""
NEW = OLD.replace("23", "25").replace("avx2", "avx2 avx512f")


def test_processors_of_one_name_are_told_apart() -> None:
    assert named_processor(OLD) == "AMD EPYC (family 23, model 1, avx2)"
    assert named_processor(NEW) == "AMD EPYC (family 25, model 1, avx512f)"


def test_what_is_not_told_is_left_out() -> None:
    assert named_processor("model name\t: Cortex-A72\n") == "Cortex-A72"
    assert named_processor("processor\t: 0\nBogoMIPS\t: 50.00\n") == ""
    assert processor()
