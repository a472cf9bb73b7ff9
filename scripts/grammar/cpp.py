"""Small helpers for writing C++."""

WIDTH = 110


def wrapped(prefix, items, suffix, indent=None):
    """`prefix` + items joined by ", " + `suffix`, broken before column WIDTH and aligned after the prefix."""
    indent = len(prefix) if indent is None else indent
    lines, line = [], prefix
    for n, item in enumerate(items):
        last = n + 1 == len(items)
        text = item + (suffix if last else ",")
        if line.strip() and line != prefix and len(line) + 1 + len(text) > WIDTH:
            lines.append(line)
            line = " " * indent + text
        else:
            line += (" " if line != prefix and not line.isspace() else "") + text
    if not items:
        line += suffix
    lines.append(line)
    return "\n".join(lines) + "\n"


def wrapped_list(items, indent=2):
    """Items of a table, as many on a line as fit."""
    out, line = [], ""
    for item in items:
        text = item + ","
        if line and indent + len(line) + 1 + len(text) > WIDTH:
            out.append(" " * indent + line)
            line = text
        else:
            line += (" " if line else "") + text
    if line:
        out.append(" " * indent + line)
    return "\n".join(out) + "\n"


def comment(text, indent=0, mark="//"):
    """A comment, broken before column WIDTH."""
    words, lines, line = text.split(), [], " " * indent + mark
    for word in words:
        if len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = " " * indent + mark
        line += " " + word
    lines.append(line)
    return "\n".join(lines) + "\n"


def quoted(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


BEGIN = "AIRSTRIP_SPIRV_NAMESPACE_BEGIN\n"
END = "AIRSTRIP_SPIRV_NAMESPACE_END\n"
IMPL = ('\n#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)\n'
        '#include "impl/%s"\n'
        '#endif\n')
