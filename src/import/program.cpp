// SPDX-License-Identifier: Apache-2.0
// JSON of an exported program -> graph: schema gate, symbols, signature, nodes, outputs; in that
// order.
#include "import/program.hpp"

#include <map>
#include <set>

#include "base/error.hpp"
#include "graph/builder.hpp"
#include "import/format.hpp"
#include "import/json_reader.hpp"
#include "import/nodes.hpp"
#include "import/symbols.hpp"
#include "import/weights.hpp"

namespace opgauge {
namespace {

std::string shown(std::string_view name) { return "\"" + std::string(name.substr(0, 200)) + "\""; }

std::string check_version(JsonObject program) {
  const JsonObject version = object_in(program, "schema_version");
  const int64_t major = whole_in(version, "major"), minor = whole_in(version, "minor");
  const std::string text = std::to_string(major) + "." + std::to_string(minor);
  if (major != supported_schema_major) {
    throw Error("schema_version", "found " + text + ", expected " +
                                      std::to_string(supported_schema_major) +
                                      ".x (torch.export.save of PyTorch 2.6 and later)");
  }
  return text;
}

// The user inputs that are tensors, in call order, with their recorded sizes.
std::vector<InputSizes> input_sizes(JsonObject signature, JsonObject graph) {
  std::vector<InputSizes> inputs;
  const JsonObject recorded = object_in(graph, "tensor_values");
  for (const JsonElement spec : array_in(signature, "input_specs")) {
    const Tagged tagged = as_union(spec, "input_spec");
    if (tagged.kind != "user_input") continue;
    const Tagged arg = as_union(required(as_object(tagged.value, "user_input"), "arg"), "arg");
    if (arg.kind != "as_tensor") continue;
    const std::string_view name = text_in(as_object(arg.value, "as_tensor"), "name");
    inputs.push_back({std::string(name), array_in(object_in(recorded, name), "sizes")});
  }
  return inputs;
}

// Everything between the texts and the graph.
class Program {
 public:
  Program(const ProgramText& text, JsonObject program, const ImportOptions& options)
      : text_(text),
        signature_(object_in(object_in(program, "graph_module"), "signature")),
        graph_(object_in(object_in(program, "graph_module"), "graph")),
        symbols_(member(program, "range_constraints"), input_sizes(signature_, graph_), options),
        builder_(text.name),
        scope_(graph_, symbols_) {}

  ImportedModel read() {
    read_places();
    declare_inputs();
    add_nodes(builder_, symbols_, scope_);
    std::vector<ValueId> outputs = read_outputs();
    ImportedModel model;
    model.graph = builder_.finish(std::move(outputs));
    model.symbols = symbols_.list();
    model.batch_symbol = symbols_.batch_symbol();
    model.weights = std::move(stored_);
    model.weights_absent_reason =
        text_.weights || text_.constants ? "" : text_.weights_absent_reason;
    return model;
  }

 private:
  void read_places() {
    const auto add = [&](const std::optional<std::string>& config, std::string_view where,
                         std::string_view folder) {
      if (!config) return;
      simdjson::dom::parser parser;
      add_weight_places(places_, parse_program_json(parser, where, *config), folder, symbols_);
    };
    add(text_.weights, "weights config", "data/weights/");
    add(text_.constants, "constants config", "data/constants/");
  }

  using Declare = ValueId (GraphBuilder::*)(std::string, TensorType, ValueId);

  // A parameter, buffer or constant: typed and placed by the configs, or by the graph if the file
  // has none.
  void declare_stored(JsonObject spec, std::string_view name_member, Declare declare) {
    const std::string_view name = text_in(object_in(spec, "arg"), "name");
    const std::string source(text_in(spec, name_member));
    const TensorType recorded = tensor_type_from(scope_.recorded(name), symbols_);
    if (!text_.weights && !text_.constants) {
      define_stored(name, source, (builder_.*declare)(source, recorded, no_value));
      return;
    }
    const auto place = places_.find(source);
    if (place == places_.end()) throw Error(source, "the file lists no record for this weight");
    const TensorType& type = place->second.type;
    if (type.dtype != recorded.dtype || type.sizes != recorded.sizes) {
      throw Error(source, "its record and the graph disagree on its sizes or element type");
    }
    const auto tied = first_of_record_.find(place->second.record);
    const ValueId shares = tied == first_of_record_.end() ? no_value : tied->second;
    const ValueId id = (builder_.*declare)(source, type, shares);
    if (shares == no_value) first_of_record_.emplace(place->second.record, id);
    define_stored(name, source, id);
    StoredTensor bytes = text_.map(place->second.record);
    bytes.type = type;
    const auto needed = static_cast<uint64_t>(needed_storage_bytes(type));
    if (bytes.bytes.size() < needed) {
      throw Error(source, "record " + shown(place->second.record) + " has " +
                              std::to_string(bytes.bytes.size()) + " bytes, expected at least " +
                              std::to_string(needed));
    }
    stored_.emplace(source, std::move(bytes));
  }

  void define_stored(std::string_view name, const std::string& source, ValueId id) {
    scope_.define(name, id);
    if (!by_source_.emplace(source, id).second)
      throw Error(source, "two inputs of the graph are this weight");
  }

  void declare_inputs() {
    for (const JsonElement element : array_in(signature_, "input_specs")) {
      const Tagged spec = as_union(element, "input_spec");
      const JsonObject object = as_object(spec.value, spec.kind);
      if (spec.kind == "parameter") {
        declare_stored(object, "parameter_name", &GraphBuilder::parameter);
      } else if (spec.kind == "buffer") {
        declare_stored(object, "buffer_name", &GraphBuilder::buffer);
      } else if (spec.kind == "tensor_constant") {
        declare_stored(object, "tensor_constant_name", &GraphBuilder::constant);
      } else if (spec.kind == "user_input") {
        declare_user_input(as_union(required(object, "arg"), "arg"));
      } else if (spec.kind == "constant_input") {
        // Its value stands in the nodes that use it.
      } else if (spec.kind == "custom_obj") {
        throw Error(std::string(text_in(object, "custom_obj_name")),
                    "the model holds a custom object, which is not supported");
      } else {
        throw Error("signature",
                    "found an input of kind " + shown(spec.kind) + ", which is not supported");
      }
    }
  }

  void declare_user_input(const Tagged& arg) {
    if (arg.kind == "as_tensor") {
      const std::string_view name = text_in(as_object(arg.value, "as_tensor"), "name");
      scope_.define(name, builder_.input(std::string(name),
                                         tensor_type_from(scope_.recorded(name), symbols_)));
      return;
    }
    if (arg.kind == "as_sym_int" || arg.kind == "as_sym_float" || arg.kind == "as_sym_bool") {
      const std::string_view name = text_in(as_object(arg.value, arg.kind), "as_name");
      scope_.define(name, scope_.recorded_number(name));
      return;
    }
    if (arg.kind == "as_custom_obj")
      throw Error("signature", "the model takes a custom object, which is not supported");
    throw Error("signature", "found an input argument of kind " + shown(arg.kind) +
                                 ", expected a tensor or a size");
  }

  // A functional program returns new contents of what it changes; eager execution writes them back.
  void write_back(JsonObject spec, ValueId target) {
    const ValueId value = scope_.tensor(text_in(object_in(spec, "arg"), "name"));
    if (builder_.graph()[value].storage == builder_.graph()[target].storage) return;
    builder_.set_origin("", "");
    builder_.call("aten::copy_", {{"self", target}, {"src", value}});
  }

  ValueId source_value(std::string_view source) const {
    const auto at = by_source_.find(std::string(source));
    if (at == by_source_.end())
      throw Error("signature",
                  "an output changes " + shown(source) + ", which is not in the graph");
    return at->second;
  }

  std::vector<ValueId> read_outputs() {
    std::vector<ValueId> outputs;
    for (const JsonElement element : array_in(signature_, "output_specs")) {
      const Tagged spec = as_union(element, "output_spec");
      const JsonObject object = as_object(spec.value, spec.kind);
      if (spec.kind == "user_output") {
        add_output(as_union(required(object, "arg"), "arg"), outputs);
      } else if (spec.kind == "loss_output") {
        outputs.push_back(scope_.tensor(text_in(object_in(object, "arg"), "name")));
      } else if (spec.kind == "buffer_mutation") {
        write_back(object, source_value(text_in(object, "buffer_name")));
      } else if (spec.kind == "parameter_mutation") {
        write_back(object, source_value(text_in(object, "parameter_name")));
      } else if (spec.kind == "user_input_mutation") {
        write_back(object, scope_.tensor(text_in(object, "user_input_name")));
      } else {
        throw Error("signature",
                    "found an output of kind " + shown(spec.kind) + ", which is not supported");
      }
    }
    return outputs;
  }

  // Numbers and None that the model returns are no values of the graph.
  void add_output(const Tagged& arg, std::vector<ValueId>& outputs) {
    if (arg.kind == "as_tensors") {
      for (const JsonElement one : as_array(arg.value, arg.kind)) {
        outputs.push_back(scope_.tensor(text_in(as_object(one, arg.kind), "name")));
      }
      return;
    }
    if (arg.kind == "as_string") return;
    const Known value = scope_.operand(arg);
    if (const auto* id = std::get_if<ValueId>(&value)) outputs.push_back(*id);
  }

  const ProgramText& text_;
  JsonObject signature_, graph_;
  Symbols symbols_;
  GraphBuilder builder_;
  Scope scope_;
  WeightPlaces places_;
  std::unordered_map<std::string, ValueId> first_of_record_, by_source_;
  StoredTensors stored_;
};

std::vector<UnknownOp> unknown_ops(const Graph& graph) {
  std::map<std::string, UnknownOp> found;
  std::map<std::string, std::set<std::string>> places;
  for (const Node& node : graph.nodes) {
    if (node.op) continue;
    UnknownOp& one = found[node.target];
    one.target = node.target;
    ++one.count;
    if (!node.where.empty() && places[node.target].insert(node.where).second)
      one.places.push_back(node.where);
  }
  std::vector<UnknownOp> all;
  for (auto& [target, one] : found) all.push_back(std::move(one));
  return all;
}

}  // namespace

ImportedModel read_program(const ProgramText& text, const ImportOptions& options) {
  simdjson::dom::parser parser;
  const JsonObject program =
      as_object(parse_program_json(parser, "models/model.json", text.model), "models/model.json");
  const std::string version = check_version(program);
  ImportedModel model = Program(text, program, options).read();
  model.schema_version = version;
  if (const auto torch_version = member(program, "torch_version")) {
    model.torch_version = as_text(*torch_version, "torch_version");
  }
  model.unknown_ops = unknown_ops(model.graph);
  return model;
}

}  // namespace opgauge
