// A program whose cdc callbacks write down what they are called for, fail for "refused", and take their process with
// them for "poison".
#include <cstdlib>
#include <fstream>
#include <string>

#include <weir/weir.hpp>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

weir::change_callback note(const std::string& kind) {
  return [kind](const weir::object_change& change, weir::context&) {
    std::ofstream{variable("CALLS_FILE"), std::ios::app} << kind << " " << change.object_id << std::endl;
    if (change.object_id == "poison") std::abort();
    if (change.object_id == "refused") return weir::outcome::failure("the partner will not have it");
    return weir::outcome::success();
  };
}

}  // namespace

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};
  node.cdc("customers", weir::cdc_source{"4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e", variable("SOURCE_QUERY")}
                            .url(variable("SOURCE_URL"))
                            .limit(10)
                            .on_create(note("create"))
                            .on_update(note("update"))
                            .on_delete(note("delete")));
  return node.run();
}
