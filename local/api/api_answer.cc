#include "local/api/api_answer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

/// A quoted-string of HTTP.
std::string in_quotes(const std::string& text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      result += '\\';
    }
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
  for (const std::string& warning : warnings) {
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
  if (error.details && error.details->retry_after_seconds > 0) {
    response.headers.add("Retry-After", std::to_string(error.details->retry_after_seconds));
  }
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
