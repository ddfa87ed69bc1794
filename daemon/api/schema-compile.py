#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compiles schema/*.schema, the description of the object model, into types.h and types.c.

usage: schema-compile.py HEADER SOURCE SCHEMA...

A schema file has one entry a line, tokenised as a shell would; `#` begins a comment:

    enum NAME VALUE... "doc"
    type NAME "doc"
        FIELD KIND [ATTRIBUTE...] "doc"
        FIELD removed="what to use instead"

KIND is string, bool, int32, int64, quantity, any, the name of an enum or a type, `list KIND`,
`map string` or `map quantity`. ATTRIBUTEs: required, default=TEXT, alias=NAME, member=NAME,
ignored=WHY, later[=WHY], refused=WHY, internal, annotation=NAME, empty, ref=KIND:USE, merge=KEY, oneof=GROUP.
Types may be used before they are described.

`ref=KIND:USE` says that the text names another object of the same namespace, of the Kubernetes kind KIND;
USE is read or write: what the object that names it does to it. On a field of type LocalReference its `name` is meant.

`merge=KEY` on a list of structs says which text tells its items apart: `name`, or `metadata.name`. Applying a manifest
merges such a list item by item (api/merge.h); it replaces any other list as a whole.

`oneof=GROUP` says that of the fields of a type with the same GROUP only one may be set: a manifest that sets one takes
the others away.

An empty text leaves a field unset, unless `empty` says that it is a value of its own.

`internal` is what vmi keeps with an object although it is no field of the API: the store's files
have it, what a user is shown has not. With annotation=NAME the object is shown with an annotation
of that name instead, whose text is the string, the lines of a list of strings, or else JSON. Such
a field stands below single types only, since an object has one annotation of a name.
"""

import re
import shlex
import sys

SCALARS = {
    'string': ('API_KIND_STRING', 0, 'char *'),
    'bool': ('API_KIND_BOOL', 0, 'ApiBool '),
    'int32': ('API_KIND_INT', 32, 'ApiInt '),
    'int64': ('API_KIND_INT', 64, 'ApiInt '),
    'quantity': ('API_KIND_QUANTITY', 0, 'char *'),
    'any': ('API_KIND_ANY', 0, 'ApiNode *'),
}
SUPPORT_WITH_REASON = ('ignored', 'refused', 'removed')
SUPPORT = SUPPORT_WITH_REASON + ('later',)
TEXT_ATTRIBUTES = ('default', 'alias', 'member', 'annotation', 'ref', 'merge', 'oneof')
REFERENCE = re.compile(r'([A-Z][A-Za-z]*):(read|write)')

# Api<Name> is taken by the hand-written headers of this directory.
RESERVED = set('''Bool Int Pair Node NodeKind Type Field Kind Shape Support Enum Entry Finding Findings
    Severity Object KindInfo Format Nano Visit DefaultsContext ValidateContext'''.split())
C_KEYWORDS = set('''auto break case char const continue default do double else enum extern float for
    goto if inline int long register restrict return short signed sizeof static struct switch typedef
    union unsigned void volatile while asm typeof bool true false linux unix'''.split())


class SchemaError(Exception):
    def __init__(self, place, message):
        super().__init__(f'{place}: error: {message}')


class Enum:
    def __init__(self, place, name, values, doc):
        self.place, self.name, self.values, self.doc = place, name, values, doc


class Field:
    def __init__(self, place, name):
        self.place, self.name = place, name
        self.kind = None  # None: removed from the API, no struct member
        self.shape = 'API_SINGLE'
        self.required = self.internal = self.empty = False
        self.default = self.alias = self.annotation = self.ref = self.merge = self.oneof = None
        self.note = self.doc = None
        self.support = 'yes'
        self.member = None


class Type:
    def __init__(self, place, name, doc):
        self.place, self.name, self.doc, self.fields = place, name, doc, []

    def members(self):
        return [field for field in self.fields if field.kind]


def snake(name):
    """dedicatedIOThread -> dedicated_io_thread"""
    name = re.sub(r'([A-Z]+)([A-Z][a-z])', r'\1_\2', name)
    name = re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name)
    return re.sub(r'[^a-z0-9_]', '_', name.lower())


def c_string(text):
    if text is None:
        return 'NULL'
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def tokenise(place, line):
    """The tokens of LINE without its comment, and whether the last of them was quoted as a whole."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ''
    try:
        tokens = list(lexer)
    except ValueError as error:
        raise SchemaError(place, f'{error} (is a quote missing?)') from None
    quoted = re.search(r'(?:^|\s)"(?:[^"\\]|\\.)*"\s*$', line) is not None
    return tokens, quoted


def strip_comment(line):
    """LINE up to the first # that begins a word outside quotes."""
    match = re.match(r'((?:"(?:[^"\\]|\\.)*"|[^"#]|(?<=[^\s])#)*)#', line)
    return match.group(1) if match else line


def parse_attribute(field, token):
    key, equals, text = token.partition('=')
    if key in ('required', 'internal', 'empty') and not equals:
        setattr(field, key, True)
    elif key in SUPPORT:
        if field.support != 'yes':
            raise SchemaError(field.place, f'"{field.name}" cannot be both {field.support} and {key}')
        if key in SUPPORT_WITH_REASON and not text:
            raise SchemaError(field.place, f'"{key}" needs a reason, write {key}="..."')
        field.support, field.note = key, text or None
    elif key in TEXT_ATTRIBUTES and text:
        setattr(field, key, text)
    else:
        raise SchemaError(field.place, f'unknown attribute "{token}" of field "{field.name}"')


def check_reference(field):
    if field.ref is None:
        return
    if not REFERENCE.fullmatch(field.ref):
        raise SchemaError(field.place, f'"{field.ref}" is no reference, write ref=KIND:read or ref=KIND:write')
    if field.shape != 'API_SINGLE' or field.kind not in ('string', 'LocalReference'):
        raise SchemaError(field.place, 'only a single string or LocalReference can be a reference')


def parse_field(place, tokens, doc):
    field = Field(place, tokens.pop(0))
    field.doc = doc
    if not re.fullmatch(r'[A-Za-z][A-Za-z0-9_.-]*', field.name):
        raise SchemaError(place, f'"{field.name}" cannot be a field name')
    if tokens and tokens[0].startswith('removed='):
        parse_attribute(field, tokens.pop(0))
        if tokens:
            raise SchemaError(place, f'"{tokens[0]}" has no meaning on a removed field')
        return field
    if tokens and tokens[0] in ('list', 'map'):
        field.shape = 'API_LIST' if tokens.pop(0) == 'list' else 'API_MAP'
    if not tokens:
        raise SchemaError(place, f'field "{field.name}" has no kind')
    field.kind = tokens.pop(0)
    if field.shape == 'API_MAP' and field.kind not in ('string', 'quantity'):
        raise SchemaError(place, 'a map is "map string" or "map quantity"')
    for token in tokens:
        parse_attribute(field, token)
    if field.support == 'removed':
        raise SchemaError(place, 'a removed field has no kind')
    if field.annotation and not field.internal:
        raise SchemaError(place, f'field "{field.name}" has an annotation but is not internal')
    check_reference(field)
    if doc is None:
        raise SchemaError(place, f'field "{field.name}" does not end with a quoted doc line')
    if field.member is None:
        field.member = snake(field.name)
        if field.member in C_KEYWORDS:
            field.member += '_'
    return field


class Schema:
    def __init__(self):
        self.entries = {}  # name -> Enum or Type, in the order of description

    def add(self, entry):
        if not re.fullmatch(r'[A-Z][A-Za-z0-9]*', entry.name):
            raise SchemaError(entry.place, f'"{entry.name}" is not a name like "DiskTarget"')
        if entry.name in RESERVED:
            raise SchemaError(entry.place, f'the name "{entry.name}" is taken by the model itself')
        other = self.entries.get(entry.name)
        if other:
            raise SchemaError(entry.place, f'"{entry.name}" is already described at {other.place}')
        self.entries[entry.name] = entry

    def enums(self):
        return [entry for entry in self.entries.values() if isinstance(entry, Enum)]

    def types(self):
        return [entry for entry in self.entries.values() if isinstance(entry, Type)]

    def read(self, path):
        current = None
        with open(path, encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                place = f'{path}:{number}'
                line = strip_comment(line.rstrip('\n'))
                tokens, quoted = tokenise(place, line)
                if tokens:
                    doc = tokens.pop() if quoted else None
                    current = self.read_entry(place, current, line[0].isspace(), tokens, doc)

    def read_entry(self, place, current, indented, tokens, doc):
        if indented:
            if not isinstance(current, Type):
                raise SchemaError(place, 'a field outside of a type')
            if not tokens:
                raise SchemaError(place, 'a field has a name')
            current.fields.append(parse_field(place, tokens, doc))
            return current
        if doc is None or len(tokens) < 2 or tokens[0] not in ('enum', 'type'):
            raise SchemaError(place, 'expected \'enum NAME VALUE... "doc"\', \'type NAME "doc"\''
                              ' or an indented field')
        if tokens[0] == 'type' and len(tokens) > 2:
            raise SchemaError(place, f'"{tokens[2]}" after the name of a type')
        if tokens[0] == 'enum':
            entry = Enum(place, tokens[1], tokens[2:], doc)
        else:
            entry = Type(place, tokens[1], doc)
        self.add(entry)
        return entry

    def check(self):
        for enum in self.enums():
            names = ['UNSET'] + [snake(value).upper() for value in enum.values]
            if not enum.values:
                raise SchemaError(enum.place, f'enum "{enum.name}" has no values')
            if len(set(names)) != len(names):
                raise SchemaError(enum.place, f'two values of "{enum.name}" get the same C name')
        for type_ in self.types():
            self.check_type(type_)

    def check_type(self, type_):
        names, members = {}, {}
        for field in type_.fields:
            for name in filter(None, (field.name, field.alias)):
                if name in names:
                    raise SchemaError(field.place, f'"{name}" is already a field of "{type_.name}"'
                                      f' at {names[name]}')
                names[name] = field.place
            if not field.kind:
                continue
            if field.kind not in SCALARS and field.kind not in self.entries:
                raise SchemaError(field.place, f'no type or enum is named "{field.kind}"')
            if field.member in members:
                raise SchemaError(field.place, f'member "{field.member}" is already that of the field'
                                  f' at {members[field.member]}; give one of them member=NAME')
            members[field.member] = field.place
            if field.merge:
                self.check_merge(field)
        self.check_unions(type_)

    def check_merge(self, field):
        """The items of a list that is merged have a text that tells them apart."""
        if field.shape != 'API_LIST' or not isinstance(self.entries.get(field.kind), Type):
            raise SchemaError(field.place, f'"{field.name}" is no list of a type and cannot be merged')
        kind = field.kind
        for name in field.merge.split('.'):
            type_ = self.entries.get(kind)
            steps = [step for step in type_.members() if step.name == name] if isinstance(type_, Type) else []
            if not steps or steps[0].shape != 'API_SINGLE':
                raise SchemaError(field.place, f'"{field.kind}" has no "{field.merge}" to merge by')
            kind = steps[0].kind
        if kind != 'string':
            raise SchemaError(field.place, f'"{field.merge}" of "{field.kind}" is no text to merge by')

    def check_unions(self, type_):
        groups = [field.oneof for field in type_.members() if field.oneof]
        for field in type_.members():
            if field.oneof and groups.count(field.oneof) == 1:
                raise SchemaError(field.place, f'"{field.name}" is alone in oneof={field.oneof}')


BANNER = '// Made by schema-compile.py from schema/*.schema; change those instead.\n'


def c_declaration(schema, field):
    if field.shape != 'API_SINGLE':
        return f'GPtrArray *{field.member};'
    if field.kind in SCALARS:
        return f'{SCALARS[field.kind][2]}{field.member};'
    if isinstance(schema.entries[field.kind], Enum):
        return f'Api{field.kind} {field.member};'
    return f'Api{field.kind} *{field.member};'


def field_comment(field):
    if field.shape == 'API_LIST':
        return f'list of {field.kind}: {field.doc}'
    if field.shape == 'API_MAP':
        return f'map of {field.kind}: {field.doc}'
    return field.doc


def write_header(schema, out):
    out.write(BANNER + '#pragma once\n\n#include "api/model.h"\n')
    for enum in schema.enums():
        prefix = f'API_{snake(enum.name).upper()}_'
        out.write(f'\n// {enum.doc}\ntypedef enum {{\n    {prefix}UNSET = 0,\n')
        for value in enum.values:
            out.write(f'    {prefix}{snake(value).upper()}, // {value}\n')
        out.write(f'}} Api{enum.name};\nextern const ApiEnum api_{snake(enum.name)}_values;\n')
    out.write('\n')
    for type_ in schema.types():
        out.write(f'typedef struct Api{type_.name} Api{type_.name};\n')
    for type_ in schema.types():
        name, c_name = f'api_{snake(type_.name)}', f'Api{type_.name}'
        out.write(f'\n// {type_.doc}\nstruct {c_name} {{\n')
        for field in type_.members():
            out.write(f'    {c_declaration(schema, field)} // {field_comment(field)}\n')
        if not type_.members():
            out.write('    char unused_; // C has no empty structs\n')
        out.write('};\n')
        out.write(f'extern const ApiType {name}_type;\n'
                  f'{c_name} *{name}_new(void);\n'
                  f'{c_name} *{name}_copy(const {c_name} *self) G_GNUC_WARN_UNUSED_RESULT;\n'
                  f'void {name}_free({c_name} *self);\n'
                  f'G_DEFINE_AUTOPTR_CLEANUP_FUNC({c_name}, {name}_free)\n')


def field_row(schema, type_, field):
    row = {'name': c_string(field.name)}
    if field.alias:
        row['alias'] = c_string(field.alias)
    if not field.kind:
        row['kind'] = 'API_KIND_ANY'
    else:
        entry = schema.entries.get(field.kind)
        if field.kind in SCALARS:
            row['kind'], bits, _ = SCALARS[field.kind]
            if bits:
                row['bits'] = str(bits)
        elif isinstance(entry, Enum):
            row['kind'], row['values'] = 'API_KIND_ENUM', f'&api_{snake(entry.name)}_values'
        else:
            row['kind'], row['type'] = 'API_KIND_OBJECT', f'&api_{snake(entry.name)}_type'
        row['shape'] = field.shape
        row['offset'] = f'G_STRUCT_OFFSET(Api{type_.name}, {field.member})'
    if field.required:
        row['required'] = 'TRUE'
    if field.empty:
        row['empty'] = 'TRUE'
    if field.default:
        row['fallback'] = c_string(field.default)
    row['support'] = f'API_SUPPORT_{field.support.upper()}'
    if field.note:
        row['note'] = c_string(field.note)
    if field.internal:
        row['internal'] = 'TRUE'
    if field.annotation:
        row['annotation'] = c_string(field.annotation)
    if field.ref:
        kind, use = REFERENCE.fullmatch(field.ref).groups()
        row['ref'], row['use'] = c_string(kind), f'API_USE_{use.upper()}'
    if field.merge:
        row['merge'] = c_string(field.merge)
    if field.oneof:
        row['oneof'] = c_string(field.oneof)
    row['doc'] = c_string(field.doc or field.note)
    return ', '.join(f'.{key} = {value}' for key, value in row.items())


def write_source(schema, out):
    out.write(BANNER + '#include "api/types.h"\n')
    for enum in schema.enums():
        name = f'api_{snake(enum.name)}'
        values = ''.join(f'    {c_string(value)},\n' for value in enum.values)
        out.write(f'\nstatic const char *const {name}_names[] = {{\n    NULL,\n{values}    NULL,\n}};\n'
                  f'const ApiEnum {name}_values = {{ "Api{enum.name}", {name}_names }};\n')
    for type_ in schema.types():
        name, c_name = f'api_{snake(type_.name)}', f'Api{type_.name}'
        if type_.fields:
            out.write(f'\nstatic const ApiField {name}_fields[] = {{\n')
            for field in type_.fields:
                out.write(f'    {{ {field_row(schema, type_, field)} }},\n')
            out.write('};\n')
        out.write(f'\nconst ApiType {name}_type = {{\n    .name = "{type_.name}",\n'
                  f'    .doc = {c_string(type_.doc)},\n    .size = sizeof({c_name}),\n')
        out.write(f'    .destroy = (GDestroyNotify){name}_free,\n')
        if type_.fields:
            out.write(f'    .fields = {name}_fields,\n    .n_fields = G_N_ELEMENTS({name}_fields),\n')
        out.write(f'}};\n\n{c_name} *{name}_new(void)\n{{\n    return api_struct_new(&{name}_type);\n}}\n'
                  f'\n{c_name} *{name}_copy(const {c_name} *self)\n{{\n'
                  f'    return api_struct_copy(&{name}_type, self);\n}}\n'
                  f'\nvoid {name}_free({c_name} *self)\n{{\n'
                  f'    api_struct_free(&{name}_type, self);\n}}\n')


def main(arguments):
    if len(arguments) < 3:
        sys.exit(__doc__)
    schema = Schema()
    try:
        for path in arguments[2:]:
            schema.read(path)
        schema.check()
    except SchemaError as error:
        sys.exit(str(error))
    for path, write in ((arguments[0], write_header), (arguments[1], write_source)):
        with open(path, 'w', encoding='utf-8') as out:
            write(schema, out)


if __name__ == '__main__':
    main(sys.argv[1:])
