#include "analysis/providers/http_source.h"

#include "analysis/providers/metric_provider.h"
#include "net/http_client.h"

#include <algorithm>
#include <utility>

namespace sluice::analysis {

net::Awaitable<Result<net::HttpResponse>> HttpSource::ask(net::HttpRequest request,
                                                          SourceAccess access) {
  for (const net::Header& header : access.headers) request.headers.add(header.name, header.value);
  request.deadline = std::min<Duration>(request.deadline, kMeasureDeadlineMax);
  request.body_max = kSourceAnswerMax;
  net::HttpClient& client = access.insecure ? *insecure_ : *verifying_;
  co_return co_await client.send(std::move(request));
}

Result<std::unique_ptr<HttpSource>> make_http_source(const net::asio::any_io_executor& executor) {
  auto verifying = net::make_http_client(executor, {});
  if (!verifying) return fail(verifying.error());
  auto insecure = net::make_http_client(executor, {.insecure = true});
  if (!insecure) return fail(insecure.error());
  return std::make_unique<HttpSource>(*std::move(verifying), *std::move(insecure));
}

ErrorCode code_of_status(int status) {
  constexpr int kRequestTimeout = 408;
  constexpr int kTooManyRequests = 429;
  if (status == 401 || status == 403) return ErrorCode::Forbidden;
  if (status == kRequestTimeout) return ErrorCode::Timeout;
  if (status >= 500 || status == kTooManyRequests) return ErrorCode::Unavailable;
  return status >= 400 ? ErrorCode::Invalid : ErrorCode::Internal;
}

std::string excerpt(std::string_view text) {
  constexpr size_t kExcerptMax = 200;
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  if (line.size() <= kExcerptMax) return std::string(line);
  // Half a word may be half a secret in an encoding that nobody finds again.
  const size_t blank = line.substr(0, kExcerptMax).rfind(' ');
  return std::string(line.substr(0, blank == line.npos ? 0 : blank)) + "…";
}

}  // namespace sluice::analysis
