#pragma once

// Redaction: no text that is kept or shown holds a secret. Servers echo what they were sent, in the
// encoding of their answer around the encoding of the request; so a text is looked at as it stands,
// and again with each layer of encodings taken off, until there is none left.

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sluice::analysis {

/// What a measurement must not show; whoever learns another secret on the way (a token) adds it.
using KnownSecrets = std::shared_ptr<std::vector<std::string>>;

/// `text` with every secret, and every line of one that has several, replaced by "*****": as it is,
/// percent-encoded, in a form, in a JSON string, in HTML, in base64, and in any of these within
/// another. Where the text was cut ("…" at its end) the beginning of a secret there is struck too.
std::string redact(std::string text, std::span<const std::string> secrets);

}  // namespace sluice::analysis
