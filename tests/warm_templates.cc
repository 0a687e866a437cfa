// Tests are not optimised, and most of a test's time goes into the containers of the standard
// library and of JSON. Here they are compiled once, with optimisation and, in the sanitizer tree,
// with the same sanitizers; tests link this object first, so that the linker takes these
// definitions, for the rooms' objects too.

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

template class std::basic_string<char>;
template class nlohmann::basic_json<>;
template class std::vector<nlohmann::json>;
template class std::map<std::string, nlohmann::json, std::less<>>;
template class std::vector<std::string>;
template class std::map<std::string, std::string>;
template class std::map<std::string, std::string, std::less<>>;
template class std::shared_ptr<const std::string>;
