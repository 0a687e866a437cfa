#pragma once

// What the settings of sources that are asked over HTTP have in common: how a field is read and
// what is said of a bad one, whom the source trusts, and how it shows who asks.

#include "analysis/providers/oauth2.h"
#include "analysis/providers/sigv4.h"
#include "base/json.h"
#include "base/time.h"
#include "crds/field_problem.h"
#include "net/http.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::analysis {

/// `headers`, `insecure` and `authentication` of a source.
struct SourceAccess {
  bool insecure = false;  ///< Any certificate will do.
  /// headers[] and the Authorization of basicAuth. Those by which HTTP frames a message are left
  /// out: they are the client's.
  net::Headers headers;
  std::optional<OAuth2> oauth2 = std::nullopt;
  std::optional<SigV4> sigv4 = std::nullopt;
};

/// True where an argument is to be put in still: {{args.x}}.
bool has_tag(std::string_view text);

/// Reads fields of one provider block. A problem is added to `problems` and leaves the field at its
/// default; what holds an argument's tag is not looked into.
class SettingsReader {
 public:
  /// `path` is that of the block; both must outlive the reader.
  SettingsReader(std::string_view path, crds::FieldProblems& problems)
      : path_(path), problems_(problems) {}

  void add(std::string_view field, std::string message);
  /// `Invalid value: "value": why`.
  void add_invalid(std::string_view field, std::string_view value, std::string_view why);

  /// The string at a dotted path, "" where there is none; a value of another type is a problem.
  std::string text(const Json& block, std::string_view field);
  /// A URL without user name and control characters.
  std::string url(const Json& block, std::string_view field);
  /// Whole seconds, as a number or (from an argument) as text; nothing for 0, which is Argo's way
  /// to say the default.
  std::optional<Duration> seconds(const Json& block, std::string_view field);
  SourceAccess access(const Json& block);

 private:
  void read_headers(const Json& block, net::Headers& headers);
  void read_authentication(const Json& block, SourceAccess& access);
  std::optional<OAuth2> read_oauth2(const Json& block);
  std::optional<SigV4> read_sigv4(const Json& block);

  std::string_view path_;
  crds::FieldProblems& problems_;
};

/// The block as an object; a problem, and null, where it is none.
Json read_block(const JsonText& text, std::string_view path, crds::FieldProblems& problems);

}  // namespace sluice::analysis
