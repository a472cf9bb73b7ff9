"""Reads the Khronos grammar and the hand-kept tables into plain objects that the writers share."""

import fnmatch
import glob
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))

NO_VERSION = 0xFFFF

# Extended instruction sets: grammar file, C++ enum, name in OpExtInstImport, prefix of the set's own operand kinds.
# A name that ends in a number after the last dot is a revision; sets marked with `*` accept any revision
# (SPIRV-Tools matches them by prefix).
EXT_INST_SETS = [
    ("glsl.std.450", "GLSLstd450", "GLSL.std.450", ""),
    ("opencl.std.100", "OpenCLstd", "OpenCL.std", ""),
    ("debuginfo", "DebugInfo", "DebugInfo", ""),
    ("opencl.debuginfo.100", "OpenCLDebugInfo100", "OpenCL.DebugInfo.100", "OpenCL"),
    ("nonsemantic.shader.debuginfo.100", None, "NonSemantic.Shader.DebugInfo.100", "Shader"),
    ("nonsemantic.shader.debuginfo", "NonSemanticShaderDebugInfo", "NonSemantic.Shader.DebugInfo.101*", "Shader"),
    ("nonsemantic.graph.debuginfo", "NonSemanticGraphDebugInfo", "NonSemantic.Graph.DebugInfo.1*", ""),
    ("nonsemantic.debugprintf", "NonSemanticDebugPrintf", "NonSemantic.DebugPrintf", ""),
    ("nonsemantic.debugbreak", "NonSemanticDebugBreak", "NonSemantic.DebugBreak", ""),
    ("nonsemantic.clspvreflection", "NonSemanticClspvReflection", "NonSemantic.ClspvReflection.7*", ""),
    ("nonsemantic.vkspreflection", "NonSemanticVkspReflection", "NonSemantic.VkspReflection.4*", ""),
    ("tosa.001000.1", "TOSA", "TOSA.001000.1", ""),
    ("arm.motion-engine.100", "ArmMotionEngine", "Arm.MotionEngine.100", ""),
    ("arm.experimental-ml-operations", "ArmExperimentalMLOperations", "Arm.ExperimentalMLOperations.1*", ""),
    ("spv-amd-gcn-shader", "AMDGcnShader", "SPV_AMD_gcn_shader", ""),
    ("spv-amd-shader-ballot", "AMDShaderBallot", "SPV_AMD_shader_ballot", ""),
    ("spv-amd-shader-explicit-vertex-parameter", "AMDShaderExplicitVertexParameter",
     "SPV_AMD_shader_explicit_vertex_parameter", ""),
    ("spv-amd-shader-trinary-minmax", "AMDShaderTrinaryMinMax", "SPV_AMD_shader_trinary_minmax", ""),
]

# C++ keywords and alternative tokens, and macros that X11 and Windows headers define.
RESERVED = set("""
alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept const consteval
constexpr constinit const_cast continue decltype default delete do double dynamic_cast else enum explicit export extern
false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq
private protected public register reinterpret_cast requires return short signed sizeof static static_assert static_cast
struct switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void
volatile wchar_t while xor xor_eq
near far small interface in out min max linux unix errno assert
None Bool Status True False Always Success Above Below Complex
CONST IN OUT OPTIONAL ERROR VOID TRUE FALSE NULL DELETE DIFFERENCE TRANSPARENT OPAQUE STRICT
""".split())

# Operand names of the grammar that do not make a parameter name by the general rule.
NAMES = {
    "Operand 1, Operand 2, ...": "operands",
    "Member 0 type, member 1 type, ...": "member_types",
    "Parameter 0 Type, Parameter 1 Type, ...": "parameter_types",
    "Argument 0, Argument 1, ...": "arguments",
    "AliasScope 1, AliasScope 2, ...": "alias_scopes",
    "The name of the opaque type.": "name",
    "Variable, Parent, ...": "incoming",
    "Condition 0, Operand 0, + Condition 1, Operand 1, + ...": "conditions_and_operands",
    "D~ref~": "dref",
    "Interface": "interface_variables",
    "InOutTypes": "in_out_types",
    "Number of <<Invocation,invocations>>": "number_of_invocations",
    "NumSIMDWorkitems": "num_simd_workitems",
}
# The same for one operand: (instruction, position) → name.
NAMES_AT = {
    ("OpTypeTensorViewNV", 3): "permutation",
    ("OpFunctionPointerCallINTEL", 2): "function_and_arguments",
    ("OpAsmCallINTEL", 3): "arguments",
    ("OpTaskSequenceAsyncALTERA", 1): "arguments",
    ("OpSwitch", 2): "targets",
    ("OpUntypedPrefetchKHR", 0): "pointer",  # "Pointer Type", but it is the pointer
    ("OpVmeImageINTEL", 2): "image",         # "Image Type", but it is the image
    ("OpAsmCallINTEL", 2): "asm_instruction",
    ("OpConvertBF16ToFINTEL", 2): "bfloat16_value",
    ("OpCopyMemory", 2): "target_memory_access",
    ("OpCopyMemory", 3): "source_memory_access",
    ("OpCopyMemorySized", 3): "target_memory_access",
    ("OpCopyMemorySized", 4): "source_memory_access",
}
# Parameters without a name: (kind, enumerant) → names.
PARAMETER_NAMES = {
    ("ImageOperands", "Bias"): ["bias"],
    ("ImageOperands", "Lod"): ["lod"],
    ("ImageOperands", "Grad"): ["dx", "dy"],
    ("ImageOperands", "ConstOffset"): ["offset"],
    ("ImageOperands", "Offset"): ["offset"],
    ("ImageOperands", "ConstOffsets"): ["offsets"],
    ("ImageOperands", "Sample"): ["sample"],
    ("ImageOperands", "MinLod"): ["min_lod"],
    ("ImageOperands", "Offsets"): ["offsets"],
    ("MemoryAccess", "Aligned"): ["alignment"],
    ("MemoryAccess", "AliasScopeINTELMask"): ["alias_scopes_list"],
    ("MemoryAccess", "NoAliasINTELMask"): ["alias_scopes_list"],
    ("TensorAddressingOperands", "TensorView"): ["tensor_view"],
    ("TensorAddressingOperands", "DecodeFunc"): ["function"],
    ("TensorAddressingOperands", "DecodeVectorFunc"): ["function"],
    ("TensorOperands", "OutOfBoundsValueARM"): ["value"],
    ("TensorOperands", "MakeElementAvailableARM"): ["scope"],
    ("TensorOperands", "MakeElementVisibleARM"): ["scope"],
    ("Decoration", "BuiltIn"): ["built_in"],
}


def snake_case(name):
    """'Sampled Image' → sampled_image, 'SBTRecordOffset' → sbt_record_offset."""
    name = re.sub(r"[^A-Za-z0-9]+", " ", name).strip()
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    name = re.sub(r"([A-Z])([A-Z][a-z])", r"\1 \2", name)
    name = re.sub(r"\s+", "_", name).lower()
    if name in RESERVED:
        name += "_"
    return name


def parameter_name(name):
    name = re.sub(r"\s+", " ", name).strip()
    return NAMES.get(name) or snake_case(name)


def parse_version(text):
    if text is None or text == "None":
        return NO_VERSION
    major, minor = text.split(".")
    return int(major) << 8 | int(minor)


def enumerant_identifier(kind, name, is_mask):
    """The C++ spelling: `Dim::Dim1D`, `MemoryAccess::MaskNone`, otherwise the specification's."""
    if name == "None" and is_mask:
        return "MaskNone"
    if name[0].isdigit():
        prefix = {"CooperativeMatrixReduce": "Reduce"}.get(kind, kind)
        return prefix + name
    return name + "_" if name in RESERVED else name


class Operand:
    """A logical operand of an instruction or a parameter of an enumerant."""

    def __init__(self, kind, quantifier, name):
        self.kind = kind
        self.quantifier = quantifier  # "", "?" or "*"
        self.name = name              # C++ parameter name
        self.role = "Any"

    def key(self):
        return (self.kind, self.quantifier, self.role)


class Enumerant:
    def __init__(self, kind, data, is_mask):
        value = data["value"]
        self.value = int(value, 0) if isinstance(value, str) else value
        self.name = data["enumerant"]
        self.aliases = data.get("aliases", [])
        self.identifier = enumerant_identifier(kind, self.name, is_mask)
        self.alias_identifiers = [enumerant_identifier(kind, a, is_mask) for a in self.aliases]
        self.version = parse_version(data.get("version", "1.0"))
        self.last_version = parse_version(data.get("lastVersion"))
        self.capabilities = data.get("capabilities", [])
        self.extensions = sorted(set(data.get("extensions", [])))
        names = PARAMETER_NAMES.get((kind, self.name))
        self.parameters = []
        for i, p in enumerate(data.get("parameters", [])):
            if names:
                name = names[i]
            elif p.get("name"):
                name = parameter_name(p["name"])
            elif p["kind"] == "IdScope":
                name = "scope"
            elif p["kind"] == "LiteralInteger":
                name = "count"
            else:
                name = snake_case(p["kind"])
            self.parameters.append(Operand(p["kind"], p.get("quantifier", ""), name))
        make_unique(self.parameters)


class Kind:
    def __init__(self, data, prefix=""):
        self.name = prefix + data["kind"]
        self.category = data["category"]
        self.bases = data.get("bases", [])
        self.enumerants = [Enumerant(self.name, e, self.category == "BitEnum") for e in data.get("enumerants", [])]
        self.enumerants.sort(key=lambda e: e.value)

    @property
    def is_enum(self):
        return self.category in ("ValueEnum", "BitEnum")

    @property
    def is_mask(self):
        return self.category == "BitEnum"

    @property
    def has_parameters(self):
        return any(e.parameters for e in self.enumerants)


class Instruction:
    def __init__(self, data, names=()):
        self.name = data["opname"]
        self.opcode = data["opcode"]
        self.cls = data.get("class", "")
        self.aliases = data.get("aliases", [])
        self.version = parse_version(data.get("version"))
        self.last_version = parse_version(data.get("lastVersion"))
        self.capabilities = data.get("capabilities", data.get("capability", []))
        if isinstance(self.capabilities, str):
            self.capabilities = [self.capabilities]
        self.extensions = sorted(set(data.get("extensions", [])))
        self.operands = []
        for i, o in enumerate(data.get("operands", [])):
            name = NAMES_AT.get((self.name, i))
            if not name:
                name = parameter_name(o["name"]) if o.get("name") else snake_case(o["kind"])
            self.operands.append(Operand(o["kind"], o.get("quantifier", ""), name))
        make_unique([o for o in self.operands if o.kind not in ("IdResultType", "IdResult")])
        self.section = None
        self.rule = "Unchecked"
        self.infer = False

    @property
    def has_type(self):
        return any(o.kind == "IdResultType" for o in self.operands)

    @property
    def has_result(self):
        return any(o.kind == "IdResult" for o in self.operands)

    @property
    def arguments(self):
        """The operands that the C++ method takes, result type aside."""
        return [o for o in self.operands if o.kind not in ("IdResultType", "IdResult")]

    @property
    def result_cpp_type(self):
        if not self.has_result:
            return "void"
        special = {"OpLabel": "LabelId", "OpFunction": "FunctionId", "OpExtInstImport": "ExtInstSetId",
                   "OpString": "StringId"}
        if self.name in special:
            return special[self.name]
        return "TypeId" if self.name.startswith("OpType") else "ValueId"


class ExtInstSet:
    def __init__(self, grammar, cpp_name, import_name, prefix):
        self.cpp_name = cpp_name
        self.any_revision = import_name.endswith("*")
        self.import_name = import_name.rstrip("*")
        self.instructions = [Instruction(i) for i in grammar["instructions"]]
        self.instructions.sort(key=lambda i: i.opcode)
        self.kinds = [Kind(k, prefix) for k in grammar.get("operand_kinds", [])]
        own = {k["kind"] for k in grammar.get("operand_kinds", [])}
        for operand in [o for i in self.instructions for o in i.operands]:
            if operand.kind in own:
                operand.kind = prefix + operand.kind
        for operand in [p for k in self.kinds for e in k.enumerants for p in e.parameters]:
            if operand.kind in own:
                operand.kind = prefix + operand.kind
        self.used_kinds = {o.kind for i in self.instructions for o in i.operands}


def make_unique(operands):
    """Two operands of one name: the first keeps it, the next gets a number."""
    seen = {}
    for operand in operands:
        n = seen[operand.name] = seen.get(operand.name, 0) + 1
        if n > 1:
            operand.name += "_%d" % n


def table_lines(name):
    """The words of each line of a hand-kept table, comments removed."""
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.split("#")[0].split()
            if words:
                yield "%s:%d" % (name, number), words


class Model:
    def __init__(self, directory):
        with open(os.path.join(directory, "spirv.core.grammar.json"), encoding="utf-8") as f:
            core = json.load(f)
        self.directory = directory
        self.magic = int(core["magic_number"], 0)
        self.version = (core["major_version"], core["minor_version"])
        self.revision = core["revision"]
        self.classes = core["instruction_printing_class"]
        self.instructions = sorted((Instruction(i) for i in core["instructions"]), key=lambda i: i.opcode)
        self.kinds = [Kind(k) for k in core["operand_kinds"]]
        self.sets = []
        for stem, cpp_name, import_name, prefix in EXT_INST_SETS:
            with open(os.path.join(directory, "extinst.%s.grammar.json" % stem), encoding="utf-8") as f:
                self.sets.append(ExtInstSet(json.load(f), cpp_name, import_name, prefix))
        expected = {"extinst.%s.grammar.json" % s[0] for s in EXT_INST_SETS}
        found = {os.path.basename(p) for p in glob.glob(os.path.join(directory, "extinst.*.grammar.json"))}
        if found != expected:
            raise SystemExit("extended instruction sets not in EXT_INST_SETS: %s" % sorted(found ^ expected))
        # Kinds that only an extended set has, as far as its instructions take them as literals.
        self.set_kinds = []
        for s in self.sets:
            for kind in s.kinds:
                if kind.name in s.used_kinds and kind.name not in {k.name for k in self.set_kinds}:
                    self.set_kinds.append(kind)
        self.all_kinds = self.kinds + self.set_kinds
        self.kind_by_name = {k.name: k for k in self.all_kinds}
        with open(os.path.join(directory, "vk.xml"), encoding="utf-8") as f:
            vk_extensions = set(re.findall(r'<spirvextension name="(\w+)"', f.read()))
        named = set(vk_extensions)
        everything = list(self.instructions) + [i for s in self.sets for i in s.instructions]
        everything += [e for k in self.all_kinds for e in k.enumerants]
        for item in everything:
            named.update(item.extensions)
        self.extensions = sorted(named)
        self._read_sections()
        self._read_rules()
        self._read_roles()

    def header(self):
        return ("// Generated by scripts/generate_grammar.py from the Khronos SPIR-V grammar (revision %d.%d.%d). "
                "Do not edit.\n" % (self.version + (self.revision,)))

    def _names(self):
        return {i.name: i for i in self.instructions}

    def _check_reviewed(self, where, words):
        if int(words[1]) != len(self.instructions):
            raise SystemExit("%s: reviewed for %s instructions, the grammar has %d: review the new ones"
                             % (where, words[1], len(self.instructions)))

    def _read_sections(self):
        by_class, patterns = {}, []
        for where, words in table_lines("sections.txt"):
            if words[0] == "reviewed":
                self._check_reviewed(where, words)
                continue
            for word in words[1:]:
                if word.startswith("Op"):
                    hit = [i for i in self.instructions if fnmatch.fnmatchcase(i.name, word)]
                    if not hit:
                        raise SystemExit("%s: no instruction matches %s" % (where, word))
                    patterns.append((word, words[0]))
                else:
                    by_class[word] = words[0]
        for i in self.instructions:
            i.section = by_class.get(i.cls)
            for pattern, section in patterns:
                if fnmatch.fnmatchcase(i.name, pattern):
                    i.section = section
            if not i.section:
                raise SystemExit("sections.txt says nothing of %s (%s)" % (i.name, i.cls))

    def _read_rules(self):
        names = self._names()
        self.rules = []
        for where, words in table_lines("type_rules.txt"):
            rule = words.pop(0)
            self.rules.append(rule)
            infer = words[0] == "infer"
            for op in words[1:] if infer else words:
                if op not in names:
                    raise SystemExit("%s: no instruction %s" % (where, op))
                names[op].rule = rule
                names[op].infer = infer

    def _read_roles(self):
        for operand in self._all_operands():
            operand.role = {"IdRef": "Value", "IdScope": "Value", "IdMemorySemantics": "Value",
                            "IdResultType": "Type", "PairIdRefIdRef": "Value"}.get(operand.kind, "Any")
        places = {}
        for i in self.instructions:
            for o in i.arguments:
                places[i.name + "." + o.name] = o
        for k in self.all_kinds:
            for e in k.enumerants:
                for p in e.parameters:
                    places["%s.%s.%s" % (k.name, e.name, p.name)] = p
        for where, words in table_lines("id_roles.txt"):
            if words[0] == "reviewed":
                self._check_reviewed(where, words)
                continue
            for pattern in words[1:]:
                hit = [o for place, o in places.items() if fnmatch.fnmatchcase(place, pattern)]
                if not hit:
                    raise SystemExit("%s: nothing matches %s" % (where, pattern))
                for o in hit:
                    if o.kind != "IdRef":
                        raise SystemExit("%s: %s is no id" % (where, pattern))
                    o.role = words[0]

    def _all_operands(self):
        for i in self.instructions:
            yield from i.operands
        for k in self.all_kinds:
            for e in k.enumerants:
                yield from e.parameters
        for s in self.sets:
            for i in s.instructions:
                yield from i.operands
