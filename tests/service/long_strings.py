# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends strings that are too long wherever a method takes one: NAMESPACE INSTANCE-PATH JOB-PATH, the bytes of the LONGEST, and of each of MANY
at once. Fails unless each is refused, with an error that names the argument and its bound."""
import subprocess
import sys
import xml.etree.ElementTree as tree
from bus_caller import Caller

namespace, instance, job, longest, many = sys.argv[1:]
VMID = "org.example.Vmi1"
ROOT = "/org/example/Vmi1"
MIB = 1 << 20
LONGEST, MANY = int(longest), int(many)
PATHS = [ROOT, instance, job, f"{ROOT}/volume/{namespace.replace('-', '_2d')}/disk", f"{ROOT}/pool/default"]
# Right ones, so that nothing but a length is wrong.
RIGHT = {"kind": "vmi", "namespace": namespace, "name": "slow", "format": "yaml"}
OTHER = {"a{sv}": [], "u": 1, "t": 1, "b": True, "v": ("s", "")}
# What an "options" dictionary takes is said in the contract only.
STRINGS_OF = {"Apply": ["namespace"], "AttachVolume": ["bus", "serial"]}

nobody = Caller()
wrong, count = [], 0


def long_values(kind, member, size):
    """Every way to put a string of SIZE bytes into a value of type KIND."""
    text = "a" * size
    if kind == "s":
        yield text
    elif kind == "v":
        yield ("s", text)
    elif kind == "a{sv}":
        yield [(text, ("b", True))]
        for name in STRINGS_OF.get(member, []):
            yield [(name, ("s", text))]
        yield [("unknown", ("s", text))]
        yield [("force", ("as", [text]))]
        yield [("force", ("a{sv}", [(text, ("v", ("s", text)))]))]


def attempt(path, interface, member, arguments):
    """ARGUMENTS: pairs of type and value, one of them too long."""
    global count
    count += 1
    error, text = nobody.answer(nobody.send(path, interface, member, arguments=arguments, options=False))
    if not error or len(text) > 2000:
        wrong.append(f"{interface}.{member}: {error} and {len(text)} bytes of text")
    return error, text[:2000]


def expect_named(answer, where, name):
    error, text = answer
    # The bus itself lets nobody set properties.
    if where.startswith("Set ") and error == "org.freedesktop.DBus.Error.AccessDenied":
        return
    if error != f"{VMID}.Error.TooLarge" or name not in text or "at most" not in text:
        wrong.append(f"{where}: {error}: {text}")


def try_method(path, interface, method):
    arguments = [(a.get("name"), a.get("type")) for a in method.findall("arg") if a.get("direction") != "out"]
    right = [(kind, RIGHT.get(name, "") if kind == "s" else OTHER[kind]) for name, kind in arguments]
    member = method.get("name")
    for number, (name, kind) in enumerate(arguments):
        for value in long_values(kind, member, 11 * MIB if name == "manifest" else MIB):
            answer = attempt(path, interface, member, right[:number] + [(kind, value)] + right[number + 1:])
            # Of what has no business there not the length is wrong.
            if kind == "a{sv}" and value[0][0] in ("unknown", "force"):
                continue
            option = value[0][0] if kind == "a{sv}" and len(value[0][0]) < 100 else "the name of an option"
            expect_named(answer, f"{member} {name}", option if kind == "a{sv}" else
                         f'"{name}"' if interface.startswith(VMID) else f"argument {number + 1}")


def secret(size):
    return [("s", "Secret"), ("s", "a"), ("s", "a" * size), ("s", "yaml")]


for path in PATHS:
    text = subprocess.run(["busctl", "introspect", "--xml-interface", VMID, path], check=True, capture_output=True).stdout
    for interface in tree.fromstring(text).findall("interface"):
        for method in interface.findall("method"):
            try_method(path, interface.get("name"), method)
print(f"# {count} calls of a long string each")
if count < 40:
    wrong.append("that is not all of them")

print(f"# of {LONGEST} bytes")
MANAGER = f"{VMID}.Manager"
PROPERTIES = "org.freedesktop.DBus.Properties"
for path, interface, member, arguments, name in [
        (ROOT, MANAGER, "Get", secret(LONGEST), '"name"'),
        (ROOT, PROPERTIES, "Get", [("s", "a" * LONGEST), ("s", "x")], "argument 1"),
        # sd-bus, which sends these, takes no longer path, and drops what it receives with one.
        (f"{ROOT}/{'a' * 65000}", PROPERTIES, "GetAll", [("s", "x")], "object path"),
        (f"{ROOT}/instance/{'a' * 65000}", f"{VMID}.Instance", "Stop", [("a{sv}", [])], "object path")]:
    expect_named(attempt(path, interface, member, arguments), member, name)

print(f"# many of {MANY} bytes at once")
crowd = [Caller() for _ in range(8)]
calls = [(caller, caller.send(ROOT, MANAGER, "Get", arguments=secret(MANY))) for _ in range(3) for caller in crowd]
for caller, call in calls:
    answer = caller.answer(call)
    # The bus may have had enough before vmid got it.
    if answer[0] != "org.freedesktop.DBus.Error.LimitsExceeded":
        expect_named(answer, "many at once", '"name"')
print("\n".join(wrong), file=sys.stderr)
sys.exit(bool(wrong))
