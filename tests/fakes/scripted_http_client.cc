#include "tests/fakes/scripted_http_client.h"

#include <memory>
#include <utility>

namespace sluice {
namespace {

class ScriptedStream : public net::HttpStream {
 public:
  ScriptedStream(int status, std::deque<std::string> pieces, std::optional<Error> broken)
      : pieces_(std::move(pieces)), broken_(std::move(broken)) {
    head_.status = status;
  }

  const net::HttpResponse& head() const override { return head_; }

  net::Awaitable<Result<std::optional<std::string>>> read(Duration) override {
    if (!pieces_.empty()) {
      std::optional<std::string> piece(std::move(pieces_.front()));
      pieces_.pop_front();
      co_return piece;
    }
    if (broken_) co_return fail(*broken_);
    co_return std::nullopt;
  }

 private:
  net::HttpResponse head_;
  std::deque<std::string> pieces_;
  std::optional<Error> broken_;
};

}  // namespace

void ScriptedHttpClient::answer(int status, std::string body) {
  answer_stream(status, {std::move(body)});
}

void ScriptedHttpClient::answer(net::HttpResponse response) {
  Answer answer;
  answer.status = response.status;
  answer.headers = std::move(response.headers);
  answer.pieces.push_back(std::move(response.body));
  answers_.push_back(std::move(answer));
}

void ScriptedHttpClient::answer_stream(int status, std::vector<std::string> pieces,
                                       std::optional<Error> broken) {
  Answer answer;
  answer.status = status;
  answer.pieces.assign(pieces.begin(), pieces.end());
  answer.broken = std::move(broken);
  answers_.push_back(std::move(answer));
}

void ScriptedHttpClient::fail_next(Error error) {
  Answer answer;
  answer.refused = std::move(error);
  answers_.push_back(std::move(answer));
}

ScriptedHttpClient::Answer ScriptedHttpClient::take(net::HttpRequest request) {
  requests_.push_back(std::move(request));
  Answer answer;
  if (answers_.empty()) {
    answer.refused = unavailable("the script has no answer left");
    return answer;
  }
  answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

net::Awaitable<Result<net::HttpResponse>> ScriptedHttpClient::send(net::HttpRequest request) {
  const Answer answer = take(std::move(request));
  if (answer.refused) co_return fail(*answer.refused);
  if (answer.broken) co_return fail(*answer.broken);
  net::HttpResponse response;
  response.status = answer.status;
  response.headers = answer.headers;
  for (const std::string& piece : answer.pieces) response.body += piece;
  co_return response;
}

net::Awaitable<Result<std::unique_ptr<net::HttpStream>>> ScriptedHttpClient::open(
    net::HttpRequest request) {
  Answer answer = take(std::move(request));
  if (answer.refused) co_return fail(*answer.refused);
  co_return std::make_unique<ScriptedStream>(answer.status, std::move(answer.pieces),
                                             std::move(answer.broken));
}

}  // namespace sluice
