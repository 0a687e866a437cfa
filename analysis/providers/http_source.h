#pragma once

// HttpSource: how every metric source that speaks HTTP is asked. One place decides whom to trust,
// what is sent to whom, how long it may take, and what the kinds of refusal mean.

#include "analysis/providers/aws_login.h"
#include "analysis/providers/oauth2.h"
#include "analysis/providers/source_settings.h"
#include "analysis/providers/token_fetches.h"
#include "analysis/redaction.h"
#include "crds/field_problem.h"
#include "net/address_rule.h"
#include "net/http.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::analysis {

/// Answers beyond this are refused: a condition looks at a few numbers.
inline constexpr size_t kSourceAnswerMax = 4 * 1024 * 1024;  ///< bytes

class HttpSource {
 public:
  /// `insecure` does not verify its peers; it serves metrics that say so. `aws` is who signs,
  /// `reach` where the clients connect to.
  HttpSource(std::unique_ptr<net::HttpClient> verifying, std::unique_ptr<net::HttpClient> insecure,
             std::unique_ptr<AwsLogin> aws, net::AddressRule reach = {})
      : verifying_{std::move(verifying), {}, {}},
        insecure_{std::move(insecure), {}, {}},
        aws_(std::move(aws)),
        reach_(std::move(reach)) {}

  /// A problem where the URL of a field is one of an address that may not be asked. Of a name this
  /// shows only when it is asked, and of what holds {{args.x}} once that is put in.
  void check_reach(std::string_view field, std::string_view url,
                   crds::FieldProblems& problems) const;
  /// The same for the servers that `access` names; the source's settings are at `path`.
  void check_reach(std::string_view path, const SourceAccess& access,
                   crds::FieldProblems& problems) const;

  /// Sends `request` with what `access` adds to it, and follows redirects: what `access` adds is
  /// for the server that the request names, and no other gets it. All together is kept within the
  /// request's deadline and kMeasureDeadlineMax, an answer within kSourceAnswerMax. Errors are
  /// those of the client, or Internal for a redirect that is not followed; any other HTTP status is
  /// a value.
  ///
  /// With oauth2 a token is fetched first, and kept for others who ask with the same settings.
  /// Where a kept one is answered with 401 another is fetched, once. With sigv4 what is sent is
  /// signed, as of `now`, for Amazon's Prometheus. Tokens, signatures and what they are made of are
  /// added to `secrets`.
  net::Awaitable<Result<net::HttpResponse>> ask(net::HttpRequest request, SourceAccess access,
                                                KnownSecrets secrets, SystemTime now);

 private:
  /// Whom one kind of metrics asks through.
  struct Side {
    std::unique_ptr<net::HttpClient> client;
    TokenCache tokens;
    TokenFetches fetches;
  };

  /// Signs what is sent to the server that a metric names.
  struct Signer {
    AwsCredentials credentials;
    SigningScope scope;
    SystemTime now;
    KnownSecrets secrets;
  };

  Side& side(bool insecure) { return insecure ? insecure_ : verifying_; }

  net::Awaitable<Result<net::HttpResponse>> ask_with_token(net::HttpRequest request,
                                                           SourceAccess access,
                                                           KnownSecrets secrets);
  /// One that is kept, else one that is fetched, once for all who want it now.
  net::Awaitable<Result<std::string>> find_token(OAuth2 settings, bool insecure, SteadyTime end);
  net::Awaitable<Result<std::string>> fetch_token(OAuth2 settings, bool insecure, SteadyTime end);
  net::Awaitable<Result<Signer>> find_signer(SigV4 settings, SystemTime now, KnownSecrets secrets,
                                             SteadyTime end);
  static Result<net::HttpRequest> dressed(net::HttpRequest request, const SourceAccess& access,
                                          const std::optional<Signer>& signer);
  /// Sends and follows redirects within the request's deadline.
  net::Awaitable<Result<net::HttpResponse>> ask_along(net::HttpRequest request, SourceAccess access,
                                                      std::optional<Signer> signer = std::nullopt);
  net::Awaitable<Result<net::HttpResponse>> send(net::HttpRequest request, bool insecure);

  Side verifying_;
  Side insecure_;
  std::unique_ptr<AwsLogin> aws_;
  net::AddressRule reach_;
};

/// Where sources are asked unless somebody decides otherwise: everywhere but at the addresses from
/// which clouds hand credentials to their machines. Whoever may write a template could else have
/// them sent to a server of theirs, or read them from the run.
net::AddressRule default_reach();

/// A source over the network, within `reach`; `aws` is what sigv4 signs with.
Result<std::unique_ptr<HttpSource>> make_http_source(
    const net::asio::any_io_executor& executor, const net::AddressRule& reach = default_reach(),
    AwsEnvironment aws = {});

/// What an HTTP status that is no success means: Forbidden, Unavailable (the source is not able to
/// answer), Timeout, Invalid (it refuses the question) or Internal (not understood).
ErrorCode code_of_status(int status);

/// The first line of a text, cut between two words to what fits a message.
std::string excerpt(std::string_view text);

}  // namespace sluice::analysis
