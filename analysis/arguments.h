#pragma once

// Arguments of an analysis: where their values come from, and putting them in for {{args.NAME}}.

#include "base/result.h"
#include "crds/analysis.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::analysis {

/// Arguments by name, and which of the values must never be shown (analysis/redaction.h).
struct ArgumentValues {
  StringMap values;
  std::vector<std::string> secrets;
};

/// The value of a key of a Secret in the run's namespace; absent where there is none.
using SecretLookup =
    std::function<std::optional<std::string>(std::string_view name, std::string_view key)>;

/// The Secrets (name, then key) that the arguments refer to.
std::vector<std::pair<std::string, std::string>> referenced_secrets(
    const std::vector<crds::Argument>& args);

/// Values of a run's arguments at the moment of a measurement. Errors are Invalid: a missing Secret
/// ("args.token: secret "web" has no key "token""), an argument without a value.
Result<ArgumentValues> argument_values(const std::vector<crds::Argument>& args,
                                       const SecretLookup& secrets);

/// Puts values in for {{args.NAME}} (blanks inside the braces are allowed), once: values are not
/// looked into. A tag that names no known argument is an Invalid error that says which.
Result<std::string> substitute(std::string_view text, const StringMap& values);
/// The same inside JSON text: values are escaped so that the text stays the same document.
Result<std::string> substitute_json(std::string_view text, const StringMap& values);
/// The metric with arguments put in everywhere, in the provider's settings too.
Result<crds::Metric> substitute_metric(const crds::Metric& metric, const StringMap& values);

/// The names in the {{args.NAME}} tags of a text, in order of appearance.
std::vector<std::string> referenced_arguments(std::string_view text);

}  // namespace sluice::analysis
