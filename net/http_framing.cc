#include "net/http_framing.h"

#include <algorithm>

namespace sluice::net {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::string> framing_problem(const Headers& headers, bool is_http_1_1) {
  int codings = 0;
  int lengths = 0;
  for (const Header& header : headers) {
    if (same_header_name(header.name, "Transfer-Encoding")) {
      ++codings;
      if (!same_header_name(trim(header.value), "chunked"))
        return "Transfer-Encoding: must be \"chunked\"";
    } else if (same_header_name(header.name, "Content-Length")) {
      ++lengths;
      if (!is_number(trim(header.value))) return "Content-Length: must be one number";
    }
  }
  if (codings > 0 && !is_http_1_1) return "Transfer-Encoding: unknown before HTTP/1.1";
  if (codings > 1) return "Transfer-Encoding: given twice";
  if (lengths > 1) return "Content-Length: given twice";
  if (codings + lengths > 1) return "Content-Length and Transfer-Encoding: only one may be given";
  return std::nullopt;
}

std::optional<std::string> host_problem(const Headers& headers, bool is_http_1_1) {
  const auto hosts = std::ranges::count_if(
      headers, [](const Header& header) { return same_header_name(header.name, "Host"); });
  if (hosts > 1) return "Host: given twice";
  if (hosts == 0 && is_http_1_1) return "Host: missing";
  return std::nullopt;
}

bool expects_continue(const Headers& headers) {
  return same_header_name(trim(headers.get("Expect")), "100-continue");
}

bool FoldWatch::sees(std::string_view bytes) {
  for (const char c : bytes) {
    if (last_ == '\n' && is_blank(c)) return true;
    last_ = c;
  }
  return false;
}

}  // namespace sluice::net
