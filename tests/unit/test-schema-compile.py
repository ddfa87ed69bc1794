#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""schema-compile.py: what good rows become, and that each kind of bad row is refused with its file and line, writing nothing.

Usage: test-schema-compile.py SCHEMA-COMPILE.PY
"""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("schema_compile", PROGRAM)
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)

# Text of one file, line that is wrong, what the message says of it. Lines count from 1.
BAD = [
    ('type A "a"\n    x string "never closed\n', 2, "quote"),
    ('    x string "x"\n', 1, "a field outside of a type"),
    ('enum E a "e"\n    x string "x"\n', 2, "a field outside of a type"),
    ('type A "a"\n    "x"\n', 2, "a field has a name"),
    ("type A\n", 1, "expected 'enum NAME VALUE"),
    ('struct A "a"\n', 1, "expected 'enum NAME VALUE"),
    ('type A B "a"\n', 1, '"B" after the name of a type'),
    ('type a "a"\n', 1, '"a" is not a name'),
    ('type Node "a"\n', 1, 'the name "Node" is taken'),
    ('type A "a"\n\n# between\ntype A "again"\n', 4, '"A" is already described at'),
    ('enum E "e"\n', 1, 'enum "E" has no values'),
    ('enum E a-b a_b "e"\n', 1, 'two values of "E" get the same C name'),
    ('type A "a"\n    x! string "x"\n', 2, '"x!" cannot be a field name'),
    ('type A "a"\n    x "x"\n', 2, 'field "x" has no kind'),
    ('type A "a"\n    x list "x"\n', 2, 'field "x" has no kind'),
    ('type A "a"\n    x map bool "x"\n', 2, 'a map is "map string" or "map quantity"'),
    ('type A "a"\n    x string\n', 2, 'field "x" does not end with a quoted doc line'),
    ('type A "a"\n    x strin "x"\n', 2, 'no type or enum is named "strin"'),
    ('type A "a"\n    x list B "x"\n', 2, 'no type or enum is named "B"'),
    ('type A "a"\n    x string requird "x"\n', 2, 'unknown attribute "requird" of field "x"'),
    ('type A "a"\n    x string required=yes "x"\n', 2, 'unknown attribute "required=yes"'),
    ('type A "a"\n    x string default= "x"\n', 2, 'unknown attribute "default="'),
    ('type A "a"\n    x string ignored "x"\n', 2, '"ignored" needs a reason'),
    ('type A "a"\n    x string refused= "x"\n', 2, '"refused" needs a reason'),
    ('type A "a"\n    x string later ignored="why" "x"\n', 2, '"x" cannot be both later and ignored'),
    ('type A "a"\n    x string ref=Secret "x"\n', 2, '"Secret" is no reference'),
    ('type A "a"\n    x string ref=Secret:own "x"\n', 2, '"Secret:own" is no reference'),
    ('type A "a"\n    x list string ref=Secret:read "x"\n', 2, "only a single string or LocalReference"),
    ('type A "a"\n    x bool ref=Secret:read "x"\n', 2, "only a single string or LocalReference"),
    ('type A "a"\n    x map string merge=name "x"\n', 2, '"x" is no list of a type and cannot be merged'),
    ('type A "a"\n    x list string merge=name "x"\n', 2, '"x" is no list of a type and cannot be merged'),
    ('type A "a"\n    x list B merge=name "x"\ntype B "b"\n', 2, '"B" has no "name" to merge by'),
    ('type A "a"\n    x list B merge=b.name "x"\ntype B "b"\n    b list A "b"\n', 2, '"B" has no "b.name" to merge by'),
    ('type A "a"\n    x list B merge=b.name "x"\ntype B "b"\n    b string "b"\n', 2, '"B" has no "b.name" to merge by'),
    ('type A "a"\n    x list B merge=b "x"\ntype B "b"\n    b int32 "b"\n', 2, '"b" of "B" is no text to merge by'),
    ('type A "a"\n    x string oneof=g "x"\n    y string "y"\n', 2, '"x" is alone in oneof=g'),
    ('type A "a"\n    x removed="y" string\n', 2, '"string" has no meaning on a removed field'),
    ('type A "a"\n    x string removed="y" "x"\n', 2, "a removed field has no kind"),
    ('type A "a"\n    x string "x"\n    x bool "x"\n', 3, '"x" is already a field of "A" at'),
    ('type A "a"\n    x string "x"\n    y bool alias=x "y"\n', 3, '"x" is already a field of "A" at'),
    ('type A "a"\n    someX string "x"\n    some-x bool "x"\n', 3, 'member "some_x" is already that of the field at'),
]

GOOD = '''# A comment, and a blank line.

type Guest "who runs"   # forward references are fine
    name      string required "its name, with a \\"quote\\" and a # in it"
    cpuCount  int32 default=1 alias=cpus "how many"
    memory    quantity later="wait" "how much"
    mode      Mode "an enum"
    disks     list Disk merge=meta.name "its disks"
    labels    map string ignored="nobody reads them" "marks"
    default   bool member=is_default "a word of C"
    static    int64 "another"
    old       removed="use name"
type Disk "what is plugged in"
    meta   Meta "who it is"
    file   string oneof=source "a file"
    device string oneof=source "a device"
type Meta "who it is"
    name string "its name"
type Empty "nothing to set"
enum Mode fast slow-ish "how"
'''

HEADER = '''// Made by schema-compile.py from schema/*.schema; change those instead.
#pragma once

#include "api/model.h"

// how
typedef enum {
    API_MODE_UNSET = 0,
    API_MODE_FAST, // fast
    API_MODE_SLOW_ISH, // slow-ish
} ApiMode;
extern const ApiEnum api_mode_values;

typedef struct ApiGuest ApiGuest;
typedef struct ApiDisk ApiDisk;
typedef struct ApiMeta ApiMeta;
typedef struct ApiEmpty ApiEmpty;

// who runs
struct ApiGuest {
    char *name; // its name, with a "quote" and a # in it
    ApiInt cpu_count; // how many
    char *memory; // how much
    ApiMode mode; // an enum
    GPtrArray *disks; // list of Disk: its disks
    GPtrArray *labels; // map of string: marks
    ApiBool is_default; // a word of C
    ApiInt static_; // another
};
extern const ApiType api_guest_type;
'''

ROWS = [
    '{ .name = "name", .kind = API_KIND_STRING, .shape = API_SINGLE, .offset = G_STRUCT_OFFSET(ApiGuest, name), .required = TRUE, '
    '.support = API_SUPPORT_YES, .doc = "its name, with a \\"quote\\" and a # in it" },',
    '{ .name = "cpuCount", .alias = "cpus", .kind = API_KIND_INT, .bits = 32, .shape = API_SINGLE, '
    '.offset = G_STRUCT_OFFSET(ApiGuest, cpu_count), .fallback = "1", .support = API_SUPPORT_YES, .doc = "how many" },',
    '{ .name = "memory", .kind = API_KIND_QUANTITY, .shape = API_SINGLE, .offset = G_STRUCT_OFFSET(ApiGuest, memory), '
    '.support = API_SUPPORT_LATER, .note = "wait", .doc = "how much" },',
    '{ .name = "mode", .kind = API_KIND_ENUM, .values = &api_mode_values, .shape = API_SINGLE, '
    '.offset = G_STRUCT_OFFSET(ApiGuest, mode), .support = API_SUPPORT_YES, .doc = "an enum" },',
    '{ .name = "disks", .kind = API_KIND_OBJECT, .type = &api_disk_type, .shape = API_LIST, '
    '.offset = G_STRUCT_OFFSET(ApiGuest, disks), .support = API_SUPPORT_YES, .merge = "meta.name", .doc = "its disks" },',
    '{ .name = "labels", .kind = API_KIND_STRING, .shape = API_MAP, .offset = G_STRUCT_OFFSET(ApiGuest, labels), '
    '.support = API_SUPPORT_IGNORED, .note = "nobody reads them", .doc = "marks" },',
    '{ .name = "file", .kind = API_KIND_STRING, .shape = API_SINGLE, .offset = G_STRUCT_OFFSET(ApiDisk, file), '
    '.support = API_SUPPORT_YES, .oneof = "source", .doc = "a file" },',
    '{ .name = "old", .kind = API_KIND_ANY, .support = API_SUPPORT_REMOVED, .note = "use name", .doc = "use name" },',
]


class SchemaCompile(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = pathlib.Path(self.directory.name)

    def compile(self, *texts):
        """What it says when it refuses, or None."""
        files = [self.root / f"{number}.schema" for number in range(len(texts))]
        for file, text in zip(files, texts):
            file.write_text(text)
        try:
            program.main([self.root / "types.h", self.root / "types.c", *files])
        except SystemExit as end:
            return end.code
        return None

    def test_bad(self):
        for text, line, message in BAD:
            with self.subTest(text):
                said = self.compile('type Fine "of another file"\n', text)
                # One line, that editors can jump to.
                self.assertRegex(str(said), rf"^{self.root}/1\.schema:{line}: error: [^\n]+$")
                self.assertIn(message, said)
                self.assertFalse((self.root / "types.h").exists() or (self.root / "types.c").exists())

    def test_good(self):
        self.assertIsNone(self.compile(GOOD))
        header, source = (self.root / "types.h").read_text(), (self.root / "types.c").read_text()
        self.assertTrue(header.startswith(HEADER), header)
        self.assertIn("struct ApiEmpty {\n    char unused_; // C has no empty structs\n};", header)
        for row in ROWS:
            self.assertIn(f"    {row}\n", source)
        self.assertEqual(source.count("{ .name = "), 13)
        self.assertIn('api_mode_names[] = {\n    NULL,\n    "fast",\n    "slow-ish",\n    NULL,\n};', source)

    def test_usage(self):
        with self.assertRaisesRegex(SystemExit, "usage: schema-compile.py HEADER SOURCE SCHEMA..."):
            program.main(["only.h"])

    def test_as_a_program(self):
        (self.root / "bad.schema").write_text("type\n")
        done = subprocess.run([sys.executable, PROGRAM, self.root / "types.h", self.root / "types.c", self.root / "bad.schema"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.startswith(f"{self.root}/bad.schema:1: error: "), done.stderr)


unittest.main()
