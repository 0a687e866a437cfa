#pragma once

// HAProxy finds the rule of a request by one ordered list of regular expressions, which can be
// replaced at run time (unlike ACLs, which need a reload). They are matched against the request
// written as
//     METHOD SP host SP path LF name: value CR LF name: value CR LF ... CR LF
// with host and header names in lower case, the host without its port.

#include "local/gateway/gateway_rules.h"

#include <string>
#include <string_view>

namespace sluice::local {

/// Longest expression that one command to HAProxy can carry.
inline constexpr size_t kPatternBytesMax = 16 * 1024;

/// The expression for one match. It holds no white space; ^ and $ in a regular expression of the
/// user stand for the ends of the path or of the header's value. Errors are Invalid: a regular
/// expression of the user whose brackets do not close, or one too long. Whether PCRE accepts it,
/// HAProxy says when it is told.
Result<std::string> haproxy_pattern(const GatewayHost& host, const GatewayMatch& match);

/// Text that stands for itself in a regular expression and holds no white space.
std::string literal_pattern(std::string_view text);

}  // namespace sluice::local
