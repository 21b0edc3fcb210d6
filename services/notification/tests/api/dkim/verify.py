"""Verifies the signatures of the message on standard input by the records of a zone file, and prints the selector of each that is good.

verify.py FILE: lines such as SELECTOR._domainkey.DOMAIN. IN TXT "text" "and more of it".
"""
import re
import sys

import dkim

records = {}
with open(sys.argv[1], encoding="ascii") as lines:
    for line in lines:
        name, texts = line.split(" IN TXT ", 1)
        records[name] = "".join(re.findall(r'"([^"]*)"', texts)).encode()


def record(name, timeout=5):
    return records.get(name.decode() if isinstance(name, bytes) else name)


message = sys.stdin.buffer.read()
count = sum(name.lower() == b"dkim-signature" for name, _ in dkim.DKIM(message).headers)
for index in range(count):
    signature = dkim.DKIM(message, minkey=2048)
    if not signature.verify(idx=index, dnsfunc=record):
        sys.exit(f"signature {index + 1} of {count} is not good")
    print(signature.selector.decode())
