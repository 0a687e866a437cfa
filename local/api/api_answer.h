#pragma once

// Answers of the API as HTTP: JSON bodies, Status objects, plain texts.

#include "local/store/api_error.h"
#include "net/http.h"

#include <string>
#include <vector>

namespace sluice::local {

net::HttpResponse json_answer(int status, std::string body);
/// `warnings` become `Warning: 299 - "<text>"` headers.
net::HttpResponse json_answer(int status, std::string body,
                              const std::vector<std::string>& warnings);
net::HttpResponse text_answer(int status, std::string body);
/// The error as a Status object.
net::HttpResponse error_answer(const ApiError& error);
/// What the API server says to paths that nothing serves: no Status but a line of text.
net::HttpResponse page_not_found();
/// 406, naming the one representation that there is.
ApiError not_acceptable();

}  // namespace sluice::local
