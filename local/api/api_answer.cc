#include "local/api/api_answer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ranges>

namespace sluice::local {

namespace {

/// How much is warned of: clients bound the headers that they take, Python's to a hundred.
constexpr size_t kWarningsMax = 64;
constexpr size_t kWarningBytesMax = size_t{4} * 1024;

/// A quoted-string of HTTP.
std::string in_quotes(const std::string& text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') result += '\\';
    result += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  }
  return result + '"';
}

}  // namespace

net::HttpResponse json_answer(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

net::HttpResponse json_answer(int status, std::string body,
                              const std::vector<std::string>& warnings) {
  net::HttpResponse response = json_answer(status, std::move(body));
  size_t bytes = 0;
  for (const std::string& warning : warnings | std::views::take(kWarningsMax)) {
    bytes += warning.size();
    if (bytes > kWarningBytesMax) break;
    response.headers.add("Warning", fmt::format("299 - {}", in_quotes(warning)));
  }
  return response;
}

net::HttpResponse text_answer(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = std::move(body);
  return response;
}

net::HttpResponse error_answer(const ApiError& error) {
  net::HttpResponse response = json_answer(error.code, dump_json(encode_status(error)));
  if (error.details && error.details->retry_after_seconds > 0)
    response.headers.add("Retry-After", std::to_string(error.details->retry_after_seconds));
  return response;
}

net::HttpResponse page_not_found() {
  return text_answer(404, "404 page not found\n");
}

ApiError not_acceptable() {
  return {406, "NotAcceptable", "only the following media types are accepted: application/json",
          ApiDetails{}};
}

}  // namespace sluice::local
