#include "analysis/redaction.h"

#include "analysis/text_layers.h"
#include "base/base64.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::analysis {
namespace {

constexpr std::string_view kRedacted = "*****";
constexpr std::string_view kCutMark = "…";
/// Fewer characters tell nothing of a secret, and are in many texts by chance.
constexpr size_t kTellingPart = 4;    // bytes at a text's end, or of a form that was not sent
constexpr size_t kTellingLine = 8;    // bytes of one line of several
constexpr size_t kTellingBase64 = 6;  // characters

/// Forms write a blank as a plus, so that both are one when texts are compared.
std::string folded(std::string text) {
  std::ranges::replace(text, '+', ' ');
  return text;
}

/// Within base64 ("user:secret") a secret has one of three forms, by where it begins. Characters
/// that its neighbours have a part in are left out.
void add_base64(std::string_view secret, std::vector<std::string>& forms) {
  for (size_t before = 0; before < 3; ++before) {
    const std::string encoded = encode_base64(std::string(before, '\0') + std::string(secret));
    const size_t first = (before * 8 + 5) / 6;
    const size_t last = (before + secret.size()) * 8 / 6;
    if (last < first + kTellingBase64) continue;
    std::string part = encoded.substr(first, last - first);
    forms.push_back(part);
    std::ranges::replace(part, '+', '-');
    std::ranges::replace(part, '/', '_');
    forms.push_back(std::move(part));
  }
}

void add_lines(std::string_view secret, std::vector<std::string>& forms) {
  if (!secret.contains('\n')) return;
  while (!secret.empty()) {
    const size_t end = std::min(secret.find_first_of("\r\n"), secret.size());
    if (end >= kTellingLine) forms.emplace_back(secret.substr(0, end));
    secret.remove_prefix(std::min(end + 1, secret.size()));
  }
}

/// What may stand in some layer of a text for one of the secrets.
std::vector<std::string> forms_of(std::span<const std::string> secrets) {
  std::vector<std::string> forms;
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    forms.push_back(secret);
    add_base64(secret, forms);
    add_lines(secret, forms);
    // One that looks encoded itself loses that with the layers of the text.
    for (TextLayer layer(secret); layer.take_off() && layer.text().size() >= kTellingPart;)
      forms.push_back(layer.text());
  }
  for (std::string& form : forms) form = folded(std::move(form));
  return forms;
}

/// Marks [first, last) of a layer in the text that it was made of.
void mark(const TextLayer& layer, size_t first, size_t last, std::vector<bool>& struck) {
  const auto begin = struck.begin() + static_cast<std::ptrdiff_t>(layer.origin(first));
  std::fill(begin, struck.begin() + static_cast<std::ptrdiff_t>(layer.origin(last)), true);
}

/// The beginning of `form` that stands before `end`.
void mark_beginning(const TextLayer& layer, std::string_view text, size_t end,
                    std::string_view form, std::vector<bool>& struck) {
  for (size_t part = std::min(form.size(), end); part >= kTellingPart; --part) {
    if (text.substr(end - part, part) != form.substr(0, part)) continue;
    // With what is left of an encoded character that was cut.
    return mark(layer, end - part, text.size() - kCutMark.size(), struck);
  }
}

void mark_layer(const TextLayer& layer, std::span<const std::string> forms,
                std::vector<bool>& struck) {
  const std::string text = folded(layer.text());
  for (const std::string& form : forms)
    for (size_t at = text.find(form); at != text.npos; at = text.find(form, at + 1))
      mark(layer, at, at + form.size(), struck);
  if (!text.ends_with(kCutMark)) return;
  const size_t end = text.size() - kCutMark.size();
  constexpr size_t kEncodedMax = 12;  // "\ud83d\ude00"
  const size_t escape = text.find_last_of("%\\&", end);
  for (const std::string& form : forms) {
    mark_beginning(layer, text, end, form, struck);
    if (escape != text.npos && escape + kEncodedMax > end)
      mark_beginning(layer, text, escape, form, struck);
  }
}

std::string without(std::string_view text, const std::vector<bool>& struck) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at)
    if (!struck[at])
      out += text[at];
    else if (at == 0 || !struck[at - 1])
      out += kRedacted;
  return out;
}

}  // namespace

std::string redact(std::string text, std::span<const std::string> secrets) {
  const std::vector<std::string> forms = forms_of(secrets);
  if (forms.empty()) return text;
  std::vector<bool> struck(text.size(), false);
  TextLayer layer(text);
  mark_layer(layer, forms, struck);
  while (layer.take_off()) mark_layer(layer, forms, struck);
  return without(text, struck);
}

}  // namespace sluice::analysis
