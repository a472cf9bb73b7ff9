#!/usr/bin/env python3
"""Compares what onnx_dump prints of models with what the Python package onnx reads in the same files.

    tests/tools/compare_onnx.py ONNX_DUMP [FOLDER]

FOLDER is searched for *.onnx; the default is $AIRSTRIP_ONNX_MODELS, or the node tests that the package may bring.
"""

import os
import pathlib
import struct
import subprocess
import sys


def fnv(chunks):
    h = 0xCBF29CE484222325
    for chunk in chunks:
        for byte in chunk:
            h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return "%016x" % h


def quoted(names):
    return "".join(' "%s"' % name for name in names)


class Dump:
    """Prints as onnx_dump does."""

    def __init__(self, onnx):
        self.onnx = onnx
        self.lines = []

    def tensor(self, t):
        T = self.onnx.TensorProto
        text = "%s[%s] " % (T.DataType.Name(t.data_type), ",".join(map(str, t.dims)))
        if t.data_type == T.STRING:
            return text + fnv([s + b"\0" for s in t.string_data])
        if t.HasField("raw_data"):
            return text + fnv([t.raw_data])
        sizes = {T.INT32: "<i", T.FLOAT16: "<H", T.BFLOAT16: "<H", T.INT16: "<h", T.UINT16: "<H", T.INT8: "<b"}
        if t.float_data:
            return text + fnv([struct.pack("<f", x) for x in t.float_data])
        if t.double_data:
            return text + fnv([struct.pack("<d", x) for x in t.double_data])
        if t.int64_data:
            return text + fnv([struct.pack("<q", x) for x in t.int64_data])
        if t.uint64_data:
            return text + fnv([struct.pack("<I" if t.data_type == T.UINT32 else "<Q", x) for x in t.uint64_data])
        code = sizes.get(t.data_type, "<B")
        mask = (1 << 8 * struct.calcsize(code)) - 1
        return text + fnv([(x & mask).to_bytes(struct.calcsize(code), "little") for x in t.int32_data])

    def type(self, p):
        name = self.onnx.TensorProto.DataType.Name
        kind = p.WhichOneof("value")
        if kind is None:
            return "unknown"
        if kind == "sequence_type":
            return "seq(%s)" % self.type(p.sequence_type.elem_type)
        if kind == "optional_type":
            return "optional(%s)" % self.type(p.optional_type.elem_type)
        if kind == "map_type":
            return "map(%s,%s)" % (name(p.map_type.key_type), self.type(p.map_type.value_type))
        if kind == "opaque_type":
            return "opaque"
        t = getattr(p, kind)
        text = ("sparse " if kind == "sparse_tensor_type" else "") + name(t.elem_type)
        if not t.HasField("shape"):
            return text
        dims = {"dim_value": lambda d: str(d.dim_value), "dim_param": lambda d: d.dim_param, None: lambda d: "?"}
        return text + "[%s]" % ",".join(dims[d.WhichOneof("value")](d) for d in t.shape.dim)

    def attribute(self, a, indent):
        A = self.onnx.AttributeProto
        text = "%sattribute %s %s" % (indent, a.name, A.AttributeType.Name(a.type))
        if a.ref_attr_name:
            text += " @" + a.ref_attr_name
        if a.type == A.FLOAT:
            text += " %.9g" % a.f
        if a.type == A.INT:
            text += " %d" % a.i
        if a.type == A.STRING:
            text += ' "%s"' % a.s.decode()
        text += "".join(" %.9g" % f for f in a.floats) + "".join(" %d" % i for i in a.ints)
        text += quoted(s.decode() for s in a.strings)
        text += "".join(" " + self.tensor(t) for t in ([a.t] if a.HasField("t") else []) + list(a.tensors))
        text += "".join(" " + self.type(t) for t in ([a.tp] if a.HasField("tp") else []) + list(a.type_protos))
        for s in ([a.sparse_tensor] if a.HasField("sparse_tensor") else []) + list(a.sparse_tensors):
            text += " sparse %s %s" % (self.tensor(s.values), self.tensor(s.indices))
        self.lines.append(text)
        for g in ([a.g] if a.HasField("g") else []) + list(a.graphs):
            self.graph(g, indent + "  ")

    def node(self, n, indent):
        self.lines.append('%snode "%s" %s in%s out%s' % (indent, n.domain, n.op_type, quoted(n.input), quoted(n.output)))
        for a in n.attribute:
            self.attribute(a, indent + "  ")

    def graph(self, g, indent):
        self.lines.append("%sgraph %s" % (indent, g.name))
        inner = indent + "  "
        for title, infos in (("input", g.input), ("output", g.output), ("value", g.value_info)):
            for v in infos:
                self.lines.append("%s%s %s %s" % (inner, title, v.name, self.type(v.type) if v.HasField("type") else "none"))
        for t in g.initializer:
            self.lines.append("%sinitializer %s %s" % (inner, t.name, self.tensor(t)))
        for n in g.node:
            self.node(n, inner)

    def model(self, m):
        self.lines.append("ir_version %d" % m.ir_version)
        for o in m.opset_import:
            self.lines.append('opset "%s" %d' % (o.domain, o.version))
        for f in m.functions:
            self.lines.append('function "%s" %s in%s out%s' % (f.domain, f.name, quoted(f.input), quoted(f.output)))
            self.lines.append("  attributes" + quoted(f.attribute))
            for a in f.attribute_proto:
                self.attribute(a, "  ")
            for n in f.node:
                self.node(n, "  ")
        if m.HasField("graph"):
            self.graph(m.graph, "")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        import onnx
    except ImportError:
        print("SKIPPED: the Python package onnx is not installed")
        return 0
    default = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else os.environ.get("AIRSTRIP_ONNX_MODELS", default))
    paths = sorted(folder.rglob("*.onnx"))
    if not paths:
        print("SKIPPED: no models in %s" % folder)
        return 0
    different = 0
    for path in paths:
        done = subprocess.run([sys.argv[1], str(path)], stdout=subprocess.PIPE, check=False)
        ours = done.stdout.decode("utf-8", "replace").split("\n")[1:-1]
        dump = Dump(onnx)
        # Not onnx.load: what is in other files stays there.
        dump.model(onnx.ModelProto.FromString(path.read_bytes()))
        theirs = "\n".join(dump.lines).split("\n")
        if done.returncode or ours != theirs:
            different += 1
            first = next((pair for pair in zip(ours + [""], theirs + [""]) if pair[0] != pair[1]), ("more", "lines"))
            print("%s\n  ours:   %s\n  theirs: %s" % (path, *first))
    print("%d models of onnx %s compared, %d differ" % (len(paths), onnx.__version__, different))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
