"""impl/vulkan_tables.hpp: what a Vulkan device must have enabled for a capability or a SPIR-V extension (vk.xml)."""

import os
import re
import xml.etree.ElementTree

from .cpp import BEGIN, END, quoted
from .write_tables import array


def version_number(text):
    found = re.fullmatch(r"VK_VERSION_(\d+)_(\d+)", text)
    return int(found[1]) << 8 | int(found[2]) if found else None


def row(enable, where):
    """A VulkanEnable."""
    def text(name):
        return quoted(enable[name]) if name in enable else "nullptr"

    if set(enable) == {"version"}:
        return "{VulkanEnable::Kind::ApiVersion, %d, nullptr, nullptr, nullptr, nullptr}" % version_number(
            enable["version"])
    if set(enable) == {"extension"}:
        return "{VulkanEnable::Kind::Extension, no_version, nullptr, nullptr, nullptr, %s}" % text("extension")
    version, extension = "no_version", "nullptr"
    for requirement in enable["requires"].split(","):
        number = version_number(requirement)
        if number is not None:
            assert version == "no_version", where
            version = str(number)
        else:
            assert extension == "nullptr", where
            extension = quoted(requirement)
    if "feature" in enable:
        return "{VulkanEnable::Kind::Feature, %s, %s, %s, nullptr, %s}" % (version, text("struct"), text("feature"),
                                                                           extension)
    return "{VulkanEnable::Kind::Property, %s, %s, %s, %s, %s}" % (version, text("property"), text("member"),
                                                                   text("value"), extension)


def write_vulkan(model):
    root = xml.etree.ElementTree.parse(os.path.join(model.directory, "vk.xml")).getroot()
    rows, features, extension_capabilities, extension_extensions = [], set(), set(), set()

    canonical = {}
    for e in model.kind_by_name["Capability"].enumerants:
        for name in [e.name] + e.aliases:
            canonical[name] = e.name
    by_capability = {}
    for node in root.find("spirvcapabilities"):
        capability = canonical.get(node.attrib["name"])
        if not capability:  # known to Vulkan's registry alone
            continue
        for enable in node.iter("enable"):
            by_capability.setdefault(capability, []).append(row(enable.attrib, capability))
            for name in ("feature", "alias"):
                if name in enable.attrib:
                    features.add((enable.attrib[name], capability))
            if "extension" in enable.attrib:
                extension_capabilities.add((enable.attrib["extension"], capability))
    by_extension = {}
    for node in root.find("spirvextensions"):
        for enable in node.iter("enable"):
            by_extension.setdefault(node.attrib["name"], []).append(row(enable.attrib, node.attrib["name"]))
            if "extension" in enable.attrib:
                extension_extensions.add((enable.attrib["extension"], node.attrib["name"]))

    capability_rows, extension_rows = [], []
    for e in model.kind_by_name["Capability"].enumerants:
        capability_rows.append(str(len(rows)))
        rows += by_capability.get(e.name, [])
    capability_rows.append(str(len(rows)))
    for name in model.extensions:
        extension_rows.append(str(len(rows)))
        rows += by_extension.get(name, [])
    extension_rows.append(str(len(rows)))

    out = model.header()
    out += "// Source: spirvcapabilities and spirvextensions of Vulkan's registry (vk.xml).\n"
    out += '#pragma once\n\n#include "../vulkan_features.hpp"\n\n// clang-format off\n\n' + BEGIN
    out += "\nnamespace vulkan_tables {\n\n"
    out += array("VulkanEnable", "enables", rows, compact=False)
    out += "// First row of each capability (by its index in the grammar) and of each extension.\n"
    out += array("std::uint16_t", "capability_rows", capability_rows)
    out += array("std::uint16_t", "extension_rows", extension_rows)
    out += array("VulkanCapability", "feature_capabilities",
                 ["{%s, Capability::%s}" % (quoted(n), c) for n, c in sorted(features)])
    out += array("VulkanCapability", "extension_capabilities",
                 ["{%s, Capability::%s}" % (quoted(n), c) for n, c in sorted(extension_capabilities)])
    out += array("VulkanExtension", "extension_extensions",
                 ["{%s, Extension::%s}" % (quoted(n), e) for n, e in sorted(extension_extensions)])
    return out + "\n}  // namespace vulkan_tables\n\n" + END
