// Adapter: ONNX models as graphs. Needs no other library: the wire format is read by headers of its own.
//
//     Result<Buffer<std::byte>> file = onnx::read_file("model.onnx");
//     Result<onnx::Model> model = onnx::read_model({file->data(), file->size()});
//     onnx::ImportOptions options;
//     options.sizes = {{"batch", 1}};                                     // what the model leaves open
//     onnx::ExternalFiles files(onnx::directory_of("model.onnx"));        // weights in other files, if it has such
//     options.external = files.source();
//     Result<graph::Graph> graph = onnx::import_model(*model, options);
//     if (!graph) return puts(graph.error().to_string().c_str());         // everything that is not supported, at once
//     Result<program::Program> program = graph::compile(*graph, targets);
#pragma once

#include "config.hpp"
#include "onnx/file.hpp"
#include "onnx/import.hpp"
#include "onnx/model.hpp"
#include "onnx/tensor.hpp"
#include "onnx/value.hpp"
#include "onnx/write.hpp"

#include "undef.hpp"
