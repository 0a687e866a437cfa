#include "net/tls.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <fmt/core.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <initializer_list>
#include <utility>

namespace sluice::net {
namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;

TlsContext make_context(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  return context;
}

/// The first step that failed, with what it was about.
struct Step {
  std::string_view what;
  error_code error;
};

Result<void> check(std::initializer_list<Step> steps) {
  for (const auto& [what, error] : steps)
    if (error) return fail(invalid(fmt::format("TLS {}: {}", what, error.message())));
  return {};
}

asio::const_buffer buffer_of(std::string_view text) {
  return asio::buffer(text.data(), text.size());
}

Result<void> use_identity(ssl::context& context, std::string_view certificate,
                          std::string_view key) {
  error_code bad_certificate;
  error_code bad_key;
  context.use_certificate_chain(buffer_of(certificate), bad_certificate);
  if (!bad_certificate) context.use_private_key(buffer_of(key), ssl::context::pem, bad_key);
  return check({{"certificate", bad_certificate}, {"key", bad_key}});
}

/// Shared by all contexts. Null where there was no memory for it.
X509_STORE* system_trust() {
  static const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store = [] {
    std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> read(X509_STORE_new(),
                                                                 &X509_STORE_free);
    if (read && X509_STORE_set_default_paths(read.get()) != 1) read.reset();
    return read;
  }();
  return store.get();
}

Result<void> trust(ssl::context& context, std::string_view ca) {
  error_code error;
  if (!ca.empty())
    context.add_certificate_authority(buffer_of(ca), error);
  else if (X509_STORE* store = system_trust(); store != nullptr)
    SSL_CTX_set1_cert_store(context.native_handle(), store);
  else
    error = asio::error::no_memory;
  return check({{"certificate authority", error}});
}

std::string entry_text(const X509_NAME_ENTRY* entry) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

std::vector<std::string> entries_of(const X509_NAME* name, int nid) {
  std::vector<std::string> texts;
  for (int at = X509_NAME_get_index_by_NID(name, nid, -1); at >= 0;
       at = X509_NAME_get_index_by_NID(name, nid, at)) {
    texts.push_back(entry_text(X509_NAME_get_entry(name, at)));
  }
  return texts;
}

}  // namespace

Result<TlsContext> make_client_tls(const TlsOptions& options) {
  TlsContext context = make_context(ssl::context::tls_client);
  context->set_verify_mode(options.insecure ? ssl::verify_none : ssl::verify_peer);
  if (!options.insecure) {
    if (auto trusted = trust(*context, options.ca); !trusted) return fail(trusted.error());
  }
  if (options.certificate.empty() != options.key.empty())
    return fail(invalid("TLS: a client certificate and its key must be given together"));
  if (!options.certificate.empty()) {
    if (auto used = use_identity(*context, options.certificate, options.key); !used)
      return fail(used.error());
  }
  return context;
}

void read_system_trust() {
  system_trust();
}

Result<TlsContext> make_server_tls(std::string_view certificate, std::string_view key,
                                   std::string_view client_ca) {
  TlsContext context = make_context(ssl::context::tls_server);
  if (auto used = use_identity(*context, certificate, key); !used) return fail(used.error());
  if (client_ca.empty()) return context;

  if (auto trusted = trust(*context, client_ca); !trusted) return fail(trusted.error());
  context->set_verify_mode(ssl::verify_peer);
  // Without an id OpenSSL refuses to resume sessions of clients that may show certificates.
  constexpr unsigned char kSessionId[] = "sluice";
  SSL_CTX_set_session_id_context(context->native_handle(), kSessionId, sizeof kSessionId);
  return context;
}

TlsIdentity peer_identity(ssl_st* ssl) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl),
                                                                &X509_free);
  if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  const X509_NAME* subject = X509_get_subject_name(certificate.get());
  const std::vector<std::string> names = entries_of(subject, NID_commonName);
  return {.common_name = names.empty() ? std::string{} : names.back(),
          .organizations = entries_of(subject, NID_organizationName)};
}

}  // namespace sluice::net
