#include "runner/exception_text.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <typeinfo>

namespace weir::runner {

namespace {

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
  return status == 0 && name ? name.get() : type.name();
}

}  // namespace

std::string text_of_exception(const char* who) {
  try {
    throw;
  } catch (const std::exception& e) {
    return *e.what() != '\0' ? std::string{e.what()} : type_name(typeid(e));
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return std::string{who} + " threw " + (type != nullptr ? type_name(*type) : "something") +
           ", which is no std::exception";
  }
}

}  // namespace weir::runner
