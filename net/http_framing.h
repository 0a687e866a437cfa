#pragma once

// Where a message ends (RFC 9112, 6.3). Two programs that read one message and disagree about its
// end let a stranger hide a request in the body of another one. So what could be read in two ways
// is read in none, also where the RFC leaves a choice.

#include "net/http.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

/// What is wrong with the headers that tell the end of the body: codings other than "chunked"
/// alone, any coding before HTTP/1.1, a length that is no number or is told twice, a length and a
/// coding. Nothing where all is well.
std::optional<std::string> framing_problem(const Headers& headers, bool is_http_1_1);

/// What is wrong with the name of the host that is asked: it must be there once, but may be missing
/// before HTTP/1.1 (RFC 9112, 3.2). Nothing where all is well.
std::optional<std::string> host_problem(const Headers& headers, bool is_http_1_1);

/// True where the client sends the body only once it is told to go on (RFC 9110, 10.1.1).
bool expects_continue(const Headers& headers);

/// Looks for lines of a head that continue the one before: obsolete, and read by some as headers of
/// their own (RFC 9112, 5.2).
class FoldWatch {
 public:
  /// The next bytes of the head; true where a line among them begins with white space.
  bool sees(std::string_view bytes);

 private:
  char last_ = '\0';
};

}  // namespace sluice::net
