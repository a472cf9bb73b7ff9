"""tests/spirv/generated/all_instructions.inc: C++ that calls every method for the variants that
tests/tools/encode_reference.py describes and encodes."""

from .cpp import quoted

IDS = {"Any": "i", "Value": "v", "Type": "t", "Label": "l", "Function": "f", "ExtInstSet": "x", "String": "s"}
STRINGS = ["", "a", "abc", "abcd", "abcde", "\\xC3\\xA9\\xE2\\x82\\xAC"]
OMITTED = "{}"
CALLS_A_FUNCTION = 60


class Call:
    """The arguments of one call; counts ids and literals in the order of the words."""

    def __init__(self, model, has_type):
        self.model = model
        self.ids = 0
        self.literals = 0
        self.arguments = ["t(%d)" % self.next_id()] if has_type else []

    def next_id(self):
        self.ids += 1
        return 1 + (self.ids - 1) % 8

    def id(self, role):
        return "%s(%d)" % (IDS[role], self.next_id())

    def literal(self):
        self.literals += 1
        return "%du" % (99 + self.literals)

    def lowest(self, kind):
        info = self.model.kind_by_name[kind]
        e = next(e for e in info.enumerants if not e.parameters)
        if info.is_mask and e.value:
            return "static_cast<%s>(0)" % kind
        return "%s::%s" % (kind, e.identifier)

    def one(self, operand, text):
        """The C++ expression of one operand at its simplest."""
        kind = operand.kind
        if kind == "IdRef":
            return self.id(operand.role)
        if kind in ("IdScope", "IdMemorySemantics"):
            return self.id("Value")
        if kind in ("LiteralInteger", "LiteralExtInstInteger"):
            return self.literal()
        if kind == "LiteralString":
            return '"%s"' % text
        if kind == "LiteralFloat":
            return "1.5f"
        if kind == "LiteralContextDependentNumber":
            return "{0x01234567u, 0x89ABCDEFu}"
        if kind == "LiteralSpecConstantOpInteger":
            return "Op::OpIAdd, {%s, %s}" % (self.id("Value"), self.id("Value"))
        if kind == "PairIdRefIdRef":
            return "PhiIncoming{%s, %s}" % (self.id("Value"), self.id("Label"))
        if kind == "PairIdRefLiteralInteger":
            return "MemberTarget{%s, %s}" % (self.id("Any"), self.literal())
        if kind == "PairLiteralIntegerIdRef":
            return "SwitchTarget{%s, %s}" % (self.literal(), self.id("Label"))
        info = self.model.kind_by_name[kind]
        if info.is_mask and info.has_parameters:
            return "operand::%s(%s)" % (kind, self.lowest(kind)) if operand.quantifier else "operand::%s()" % kind
        return self.lowest(kind)

    def add(self, operand, whole):
        """Whole: optional operands are there, `*` operands twice."""
        text = "abc" if whole else ""
        if operand.quantifier and not whole:
            self.arguments.append(OMITTED)
        elif operand.quantifier == "*":
            self.arguments.append("{%s, %s}" % (self.one(operand, text), self.one(operand, text)))
        else:
            self.arguments.append(self.one(operand, text))

    def parameters(self, enumerant):
        out = []
        for p in enumerant.parameters:
            if p.quantifier == "*":
                out.append("{%s, %s}" % (self.one(p, "abc"), self.one(p, "abc")))
            else:
                out.append(self.one(p, "abc"))
        return "(%s)" % ", ".join(out)

    def text(self, i):
        while self.arguments and self.arguments[-1] == OMITTED:
            self.arguments.pop()
        # Required spans have no default.
        required = sum(1 for a in i.arguments if a.kind.startswith("Pair"))
        if required and len(self.arguments) < len(i.arguments) + i.has_type:
            self.arguments.append(OMITTED)
        return "b.%s(%s)" % (i.name, ", ".join(self.arguments))


def calls(model, i):
    """(label, call) of each variant."""
    kinds = model.kind_by_name

    def call(full, at=None, write=None):
        out = Call(model, i.has_type)
        for n, operand in enumerate(i.operands):
            if operand.kind in ("IdResultType", "IdResult"):
                continue
            if n == at:
                out.arguments.append(write(out))
            else:
                out.add(operand, full if at is None else n < at)
        return out.text(i)

    yield "minimal", call(False)
    if any(o.quantifier for o in i.operands):
        yield "full", call(True)
    seen = set()
    for at, operand in enumerate(i.operands):
        kind = kinds.get(operand.kind)
        if operand.kind == "LiteralString":
            for n, text in enumerate(STRINGS):
                yield "string.%d" % n, call(False, at, lambda c: '"%s"' % text)
        if not kind or not kind.is_enum or operand.quantifier == "*":
            continue
        label = kind.name + ("#%d" % at if kind.name in seen else "")
        seen.add(kind.name)
        if kind.is_mask and kind.has_parameters:
            bits = [e for e in kind.enumerants if e.value]
            rich = [e for e in bits if e.parameters]
            pairs = list(zip(rich, rich[1:])) + ([(rich[0], rich[-1])] if len(rich) > 2 else [])
            for chosen in [(e,) for e in bits] + pairs:
                def write(c):
                    # The words go in the order of the bits, the calls in the other order.
                    setters = [".%s%s" % (e.identifier, c.parameters(e)) for e in chosen]
                    return "operand::%s()%s" % (kind.name, "".join(reversed(setters)))
                yield label + "." + "+".join(e.name for e in chosen), call(False, at, write)
        elif kind.is_mask:
            bits = [e for e in kind.enumerants if e.value]
            if bits:
                every = " | ".join("%s::%s" % (kind.name, e.identifier) for e in bits)
                yield label + ".all", call(False, at, lambda c: every)
        elif kind.has_parameters:
            for e in kind.enumerants:
                if e.parameters or i.name in ("OpDecorate", "OpExecutionMode"):
                    def write(c):
                        if e.parameters:
                            return "operand::%s::%s%s" % (kind.name, e.identifier, c.parameters(e))
                        return "%s::%s" % (kind.name, e.identifier)
                    yield label + "." + e.name, call(False, at, write)
    if i.name == "OpSpecConstantOp":
        yield "nested", call(False, len(i.operands) - 1, lambda c: "Op::OpCompositeExtract, {%s, %s, %s}" % (
            c.id("Value"), c.literal(), c.literal()))


def write_all_instructions(model):
    out = model.header()
    out += "// clang-format off\n"
    lines = []
    for i in model.instructions:
        for label, text in calls(model, i):
            macro = "RESULT" if i.has_result else "NO_RESULT"
            lines.append("  %s(%s, %s)\n" % (macro, quoted(i.name + "/" + label), text))
    parts = [lines[n:n + CALLS_A_FUNCTION] for n in range(0, len(lines), CALLS_A_FUNCTION)]
    for n, part in enumerate(parts):
        out += "static void part_%d(Probe& b) {\n%s}\n" % (n, "".join(part))
    out += "static void (*const parts[])(Probe&) = {%s};\n" % ", ".join("part_%d" % n for n in range(len(parts)))
    return out
