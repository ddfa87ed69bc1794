#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The interfaces of an introspection file as reStructuredText on standard output. Comments before a member are its description."""
import sys
import xml.etree.ElementTree as ET


def described(parent):
    """The elements of PARENT, each with the comment before it."""
    comment = ""
    for child in parent:
        if child.tag is ET.Comment:
            comment = " ".join(child.text.split())
        else:
            yield child, comment.replace("*", "\\*")
            comment = ""


def arguments(member, direction):
    return ", ".join(f"*{arg.get('name')}* ``{arg.get('type')}``" for arg in member.findall("arg")
                     if arg.get("direction", "out") == direction)


def entry(head, comment):
    print(f"\n{head}" + (f"\n    {comment}" if comment else ""))


def print_method(member, comment):
    result = arguments(member, "out")
    entry(f"**{member.get('name')}** ({arguments(member, 'in')}){' -> ' + result if result else ''}", comment)


def print_signal(member, comment):
    entry(f"**{member.get('name')}** ({arguments(member, 'out')})", comment)


def print_property(member, comment):
    changes = {a.get("value") for a in member.findall("annotation") if a.get("name").endswith("EmitsChangedSignal")}
    note = {"const": "Never changes.", "false": "Changes are not announced."}.get(next(iter(changes), ""), "")
    entry(f"**{member.get('name')}** ``{member.get('type')}``", " ".join(filter(None, [comment, note])))


def main():
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    for interface, _ in described(ET.parse(sys.argv[1], parser).getroot()):
        title = f"INTERFACE {interface.get('name')}"
        print(f"\n{title}\n{'=' * len(title)}")
        for tag, heading, show in (("method", "Methods", print_method), ("signal", "Signals", print_signal),
                                   ("property", "Properties", print_property)):
            members = [(m, c) for m, c in described(interface) if m.tag == tag]
            if members:
                print(f"\n{heading}\n{'-' * len(heading)}")
            for member, comment in members:
                show(member, comment)


main()
