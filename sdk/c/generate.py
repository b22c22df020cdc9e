"""Writes bindings/ anew from the contract: `python3 sdk/c/generate.py`, with wit-bindgen 0.61 in PATH.

The component type that wit-bindgen hands over as an object file is written as text, so that it
can be read, compared and compiled like the rest.
"""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "bindings"
SECTION = b"component-type:policy"


def number(data, at):
    """A LEB128 number, and the place behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def custom_section(module, wanted):
    """The content of a custom section."""
    at = 8
    while at < len(module):
        kind, (size, start) = module[at], number(module, at + 1)
        at = start + size
        if kind == 0:
            length, name = number(module, start)
            if module[name : name + length] == wanted:
                return module[name + length : at]
    raise SystemExit(f"wit-bindgen's object file has no section {wanted.decode()}\nhint: use wit-bindgen 0.61")


def main():
    subprocess.run(
        ["wit-bindgen", "c", "--world", "policy", "--out-dir", OUT, HERE.parent.parent / "wit"], check=True
    )
    made = OUT / "policy_component_type.o"
    content = custom_section(made.read_bytes(), SECTION)
    made.unlink()
    lines = [content[at : at + 20] for at in range(0, len(content), 20)]
    text = "\n".join('    ".byte ' + ",".join(map(str, line)) + '\\n"' for line in lines)
    (OUT / "policy_type.c").write_text(
        "// Written by generate.py from the contract. DO NOT EDIT!\n"
        "// The component type, by which a core module becomes a component.\n"
        f'__asm__(".section \\".custom_section.{SECTION.decode()}\\",\\"\\",@\\n"\n{text}\n    ".text\\n");\n\n'
        "// The bindings name this so that the section is linked.\n"
        "void __component_type_object_force_link_policy(void);\n"
        "void __component_type_object_force_link_policy(void) {}\n"
    )


if __name__ == "__main__":
    main()
