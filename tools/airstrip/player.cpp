#include "player.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <airstrip/program/explain.hpp>
#include <algorithm>

namespace tool {

using namespace airstrip;
using program::SizeRecord;
using program::TensorRecord;

namespace {

const TensorRecord& find_tensor(const std::string& subject, const program::Program& program,
                                const std::string& name, program::Direction direction) {
  std::vector<std::string> names;
  for (const TensorRecord& tensor : program.tensors()) {
    if (tensor.direction != direction) continue;
    if (program.text(tensor.name) == Text(name)) return tensor;
    names.emplace_back(program.text(tensor.name));
  }
  throw Failure(ExitCode::Usage, subject + ": there is no " +
                                     (direction == program::Direction::Input ? "input" : "output") + " '" +
                                     printable(name) + "'; there are: " + printable(joined(names)));
}

[[noreturn]] void refuse(const program::Program& program, const TensorRecord& record,
                         const HostTensor& tensor) {
  throw Failure(ExitCode::BadInput, "the tensor for the input '" + printable(tensor.name) + "' is " +
                                        name_of(tensor.scalar) + to_string(tensor.dims) +
                                        ", and the program takes " +
                                        std::string(program::type_text(program, record)));
}

}  // namespace

ProgramShapes shapes_of(const std::string& subject, const program::Program& program,
                        const std::vector<NamedSize>& sizes, const std::vector<HostTensor>& given) {
  ProgramShapes shapes;
  shapes.sizes = sizes;
  std::vector<std::string> names;
  for (const program::ParameterRecord& parameter : program.parameters())
    names.emplace_back(program.text(parameter.name));
  for (const NamedSize& size : sizes)
    if (std::find(names.begin(), names.end(), size.name) == names.end())
      throw Failure(ExitCode::Usage,
                    subject + ": no size is called '" + printable(size.name) + "'; " +
                        (names.empty() ? "none is open" : "there are: " + printable(joined(names))));
  // An axis that is a size by itself says how large it is.
  for (const HostTensor& tensor : given) {
    const TensorRecord& record = find_tensor(subject, program, tensor.name, program::Direction::Input);
    if (record.rank != tensor.dims.size() || record.scalar != static_cast<std::uint32_t>(tensor.scalar))
      refuse(program, record, tensor);
    for (std::uint32_t i = 0; i < record.rank; ++i) {
      const SizeRecord& size = program.sizes()[record.shape[i]];
      if (size.op != SizeRecord::Op::Parameter) continue;
      const auto known = std::find_if(shapes.sizes.begin(), shapes.sizes.end(),
                                      [&](const NamedSize& s) { return s.name == names[size.a]; });
      if (known == shapes.sizes.end())
        shapes.sizes.push_back({names[size.a], tensor.dims[i]});
      else if (known->value != tensor.dims[i])
        throw Failure(ExitCode::BadInput, "the tensor for the input '" + printable(tensor.name) + "' is " +
                                              to_string(tensor.dims) + ", and " + printable(known->name) +
                                              " is " + std::to_string(known->value) + " already");
    }
  }
  for (const std::string& name : names)
    if (std::none_of(shapes.sizes.begin(), shapes.sizes.end(),
                     [&](const NamedSize& s) { return s.name == name; }))
      throw Failure(ExitCode::Usage, subject + ": the size '" + printable(name) + "' is open; say --size " +
                                         name + "=VALUE, or give an input that has it from a file");
  std::vector<program::ParameterValue> values;
  for (const NamedSize& size : shapes.sizes)
    values.push_back({Text(size.name), static_cast<double>(size.value)});
  std::vector<std::int64_t> numbers(program.sizes().size());
  if (const auto done = program.evaluate({values.data(), values.size()}, {numbers.data(), numbers.size()});
      !done)
    throw Failure(subject, done.error());
  for (const TensorRecord& record : program.tensors()) {
    if (record.storage != program::StorageKind::Buffer)
      throw Failure(ExitCode::Unsupported,
                    subject + ": the tensor '" + printable(std::string(program.text(record.name))) +
                        "' is an image, and only buffers are run here; use the player in an engine");
    HostTensor tensor;
    tensor.name = std::string(program.text(record.name));
    tensor.scalar = static_cast<Scalar>(record.scalar);
    for (std::uint32_t i = 0; i < record.rank; ++i) tensor.dims.push_back(numbers[record.shape[i]]);
    for (const HostTensor& other : given)
      if (record.direction == program::Direction::Input && other.name == tensor.name &&
          other.dims != tensor.dims)
        refuse(program, record, other);
    (record.direction == program::Direction::Input ? shapes.inputs : shapes.outputs)
        .push_back(std::move(tensor));
  }
  return shapes;
}

void set_inputs(const std::string& subject, player::Session& session, const ProgramShapes& shapes,
                const std::vector<HostTensor>& inputs) {
  std::vector<program::ParameterValue> values;
  for (const NamedSize& size : shapes.sizes)
    values.push_back({Text(size.name), static_cast<double>(size.value)});
  if (!values.empty())
    if (const auto done = session.set_parameters({values.data(), values.size()}); !done)
      throw Failure(subject, done.error());
  for (const HostTensor& input : inputs)
    if (const auto done = session.set_input(Text(input.name), input.bytes.data(), input.bytes.size()); !done)
      throw Failure(subject, done.error());
}

void get_outputs(const std::string& subject, player::Session& session, std::vector<HostTensor>& outputs) {
  for (HostTensor& output : outputs) {
    output.bytes.resize(tensor_bytes(output.name, output.scalar, output.dims));
    if (const auto done = session.get_output(Text(output.name), output.bytes.data(), output.bytes.size());
        !done)
      throw Failure(subject, done.error());
  }
}

}  // namespace tool
