"""C++ parameter types of operands, and how they become words."""

ROLE_TYPES = {"Any": "Id", "Value": "ValueId", "Type": "TypeId", "Label": "LabelId", "Function": "FunctionId",
              "ExtInstSet": "ExtInstSetId", "String": "StringId"}


def parameter_type(p, kinds):
    """Of a parameter of a mask bit or an enumerant."""
    if p.kind == "IdRef":
        return ROLE_TYPES[p.role]
    if p.kind == "IdScope":
        return "ScopeOperand"
    if p.kind == "LiteralInteger":
        return "Span<const Literal>" if p.quantifier == "*" else "Literal"
    if p.kind == "LiteralFloat":
        return "float"
    if p.kind == "LiteralString":
        return "Text"
    if kinds[p.kind].is_enum and not kinds[p.kind].has_parameters and not p.quantifier:
        return "spirv::" + p.kind
    raise SystemExit("no C++ type for a parameter of kind %s%s" % (p.kind, p.quantifier))


def parameter_word(p, kinds):
    if p.kind == "IdScope":
        return p.name + ".word()"
    if p.kind == "LiteralFloat":
        return "OperandWord(__builtin_bit_cast(std::uint32_t, %s))" % p.name
    return p.name if p.kind in ("LiteralString", "IdRef") else "OperandWord(%s)" % p.name


class Argument:
    """A parameter of an instruction method: its declaration, and how it enters the instruction."""

    def __init__(self, cpp_type, name, default, word, add, optional_id=False):
        self.cpp_type = cpp_type
        self.name = name
        self.default = default          # " = {}" or ""
        self.word = word                # expression of one OperandWord with %s for the name, or None
        self.add = add                  # statement on `list` with %s for the name
        self.optional_id = optional_id

    @property
    def declaration(self):
        return "%s %s" % (self.cpp_type, self.name)


# How operands become words: plain functions of impl/instructions.hpp, because overload resolution among the
# constructors of OperandWord and the overloads of OperandList::add costs three times as much to compile.
ID_WORD = "detail::id_word(%s)"
LITERAL_WORD = "detail::literal_word(%s)"
ENUM_WORD = "detail::plain_word(static_cast<std::uint32_t>(%s))"


def arguments(instruction, kinds):
    """The C++ parameters of an instruction's method, result type aside."""
    out = []
    operands = instruction.arguments
    for o in operands:
        kind, q, name = o.kind, o.quantifier, o.name
        info = kinds.get(kind)

        def one(cpp_type, word):
            out.append(Argument(cpp_type, name, "", word, "detail::add_word(list, %s);" % word))

        def more(cpp_type, function, default=" = {}", optional_id=False):
            word = ID_WORD if optional_id else None
            out.append(Argument(cpp_type, name, default, word, "detail::%s(list, %%s);" % function, optional_id))

        if kind == "IdRef":
            cpp = ROLE_TYPES[o.role]
            if q == "*":
                more("Span<const %s>" % cpp, {"Value": "add_values", "Type": "add_types", "Any": "add_ids"}[o.role])
            elif q == "?":
                more(cpp, "add_optional_id", optional_id=True)
            else:
                one(cpp, ID_WORD)
        elif kind == "IdScope":
            one("ScopeOperand", "%s.word()")
        elif kind == "IdMemorySemantics":
            one("MemorySemanticsOperand", "%s.word()")
        elif kind in ("LiteralInteger", "LiteralExtInstInteger"):
            if q == "*":
                more("Span<const Literal>", "add_literals")
            elif q == "?":
                raise SystemExit("%s: an optional literal is new" % instruction.name)
            else:
                one("Literal", LITERAL_WORD)
        elif kind == "LiteralString":
            if q == "?":
                more("Optional<Text>", "add_optional_text")
            else:
                more("Text", "add_text", "")
        elif kind == "LiteralContextDependentNumber":
            more("Span<const Literal>", "add_literals", "")
        elif kind == "LiteralSpecConstantOpInteger":
            one("Op", ENUM_WORD)
            out.append(Argument("Span<const OperandWord>", "operands", "", None, "detail::add_words(list, %s);"))
        elif kind == "PairIdRefIdRef":
            more("Span<const PhiIncoming>", "add_incoming", "")
        elif kind == "PairIdRefLiteralInteger":
            more("Span<const MemberTarget>", "add_member_targets", "")
        elif kind == "PairLiteralIntegerIdRef":
            out.append(Argument("Span<const SwitchTarget>", name, "", None,
                                "list.add(%s, %%s);" % operands[0].name))
        elif info and info.is_enum and info.has_parameters:
            function = "add_mask" if info.is_mask else "add_enumerant"
            if q == "?":
                more("const operand::%s&" % kind, "add_optional_mask")
            else:
                more("const operand::%s&" % kind, function, "")
        elif info and info.is_enum:
            if q == "*":
                more("Span<const %s>" % kind, "add_capabilities")
            elif q == "?":
                out.append(Argument("Optional<%s>" % kind, name, " = {}", None, "list.add_optional(%s);"))
            else:
                one(kind, ENUM_WORD)
        else:
            raise SystemExit("%s: no C++ type for %s%s" % (instruction.name, kind, q))
    # A default argument may only be followed by defaults.
    for before, after in zip(reversed(out[:-1]), reversed(out[1:])):
        if not after.default:
            before.default = ""
    return out


HELPERS = """\
namespace detail {

// Plain functions of one type each: see scripts/grammar/types.py.
inline OperandWord id_word(Id id) { return OperandWord(id); }
inline OperandWord literal_word(Literal literal) { return OperandWord(literal); }
inline OperandWord plain_word(std::uint32_t word) { return OperandWord(word, OperandWord::literal_tag); }
inline void add_word(OperandList& list, OperandWord word) { list.add(word); }
inline void add_words(OperandList& list, Span<const OperandWord> words) {
  for (const OperandWord& word : words) list.add(word);
}
inline void add_values(OperandList& list, Span<const ValueId> ids) { list.add(ids); }
inline void add_types(OperandList& list, Span<const TypeId> ids) { list.add(ids); }
inline void add_ids(OperandList& list, Span<const Id> ids) { list.add(ids); }
inline void add_literals(OperandList& list, Span<const Literal> literals) { list.add(literals); }
inline void add_capabilities(OperandList& list, Span<const Capability> capabilities) { list.add(capabilities); }
inline void add_incoming(OperandList& list, Span<const PhiIncoming> incoming) { list.add(incoming); }
inline void add_member_targets(OperandList& list, Span<const MemberTarget> targets) { list.add(targets); }
inline void add_text(OperandList& list, Text text) { list.add(text); }
inline void add_mask(OperandList& list, const operand::Mask& mask) { list.add(mask); }
inline void add_enumerant(OperandList& list, const operand::Enumerant& enumerant) { list.add(enumerant); }
inline void add_optional_id(OperandList& list, Id id) { list.add_optional(id); }
inline void add_optional_mask(OperandList& list, const operand::Mask& mask) { list.add_optional(mask); }
inline void add_optional_text(OperandList& list, Optional<Text> text) { list.add_optional(text); }

}  // namespace detail
"""
