#include "local/certificates.h"

#include "local/processes/private_file.h"

#include <catch2/catch.hpp>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <memory>

using namespace sluice;
using namespace sluice::local;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }

  ~Folder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate parse(const std::string& pem) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  Certificate certificate(PEM_read_bio_X509(memory, nullptr, nullptr, nullptr), &X509_free);
  BIO_free(memory);
  return certificate;
}

bool verifies(const std::string& pem, const std::string& ca, int purpose) {
  const Certificate certificate = parse(pem);
  const Certificate authority = parse(ca);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, authority.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, certificate.get(), nullptr);
  X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
  X509_STORE_CTX_set_purpose(context, purpose);
  const bool good = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return good;
}

std::string subject_of(const std::string& pem) {
  char text[256];
  return X509_NAME_oneline(X509_get_subject_name(parse(pem).get()), text, sizeof text);
}

SystemTime now() {
  return std::chrono::system_clock::now();
}

}  // namespace

TEST_CASE("the first start makes credentials that verify each other") {
  const Folder folder;
  const auto made = ensure_credentials(folder.path() / "pki", "example.test", now());
  REQUIRE(made);
  CHECK(verifies(made->server.certificate, made->ca, X509_PURPOSE_SSL_SERVER));
  CHECK(verifies(made->client.certificate, made->ca, X509_PURPOSE_SSL_CLIENT));
  CHECK_FALSE(verifies(made->client.certificate, made->ca, X509_PURPOSE_SSL_SERVER));
  CHECK(subject_of(made->client.certificate) == "/O=system:masters/CN=sluice-admin");
  CHECK(made->token.size() == 64);
  const Certificate server = parse(made->server.certificate);
  for (const char* host : {"localhost", "kubernetes.default", "example.test"})
    CHECK(X509_check_host(server.get(), host, 0, 0, nullptr) == 1);
  for (const char* address : {"127.0.0.1", "::1"})
    CHECK(X509_check_ip_asc(server.get(), address, 0) == 1);
  CHECK(X509_check_host(server.get(), "elsewhere.test", 0, 0, nullptr) != 1);
}

TEST_CASE("later starts keep the credentials, and nobody else may read them") {
  const Folder folder;
  const auto first = ensure_credentials(folder.path(), "127.0.0.1", now());
  const auto second = ensure_credentials(folder.path(), "127.0.0.1", now());
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->ca == second->ca);
  CHECK(first->server.certificate == second->server.certificate);
  CHECK(first->client.key == second->client.key);
  CHECK(first->token == second->token);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    INFO(entry.path());
    CHECK(entry.status().permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  }
}

TEST_CASE("what is about to expire is renewed, by the same authority") {
  const Folder folder;
  const auto first = ensure_credentials(folder.path(), "", now());
  const auto later = ensure_credentials(folder.path(), "", now() + kCertificateLifetime);
  REQUIRE(first);
  REQUIRE(later);
  CHECK(later->ca == first->ca);
  CHECK(later->server.certificate != first->server.certificate);
  CHECK(later->client.certificate != first->client.certificate);
  const auto much_later = ensure_credentials(folder.path(), "", now() + kAuthorityLifetime);
  REQUIRE(much_later);
  CHECK(much_later->ca != first->ca);
}

TEST_CASE("what was made by a clock that ran ahead is made anew") {
  const Folder folder;
  const auto ahead = ensure_credentials(folder.path(), "", now() + std::chrono::hours(48));
  const auto put_right = ensure_credentials(folder.path(), "", now());
  REQUIRE(ahead);
  REQUIRE(put_right);
  CHECK(put_right->ca != ahead->ca);
  CHECK(put_right->server.certificate != ahead->server.certificate);
}

TEST_CASE("a new listen host and a damaged file lead to new certificates") {
  const Folder folder;
  const auto first = ensure_credentials(folder.path(), "", now());
  const auto other = ensure_credentials(folder.path(), "10.1.2.3", now());
  REQUIRE(first);
  REQUIRE(other);
  CHECK(X509_check_ip_asc(parse(other->server.certificate).get(), "10.1.2.3", 0) == 1);
  CHECK(other->client.certificate == first->client.certificate);
  REQUIRE(write_private_file(folder.path() / "client.key", "nonsense"));
  const auto mended = ensure_credentials(folder.path(), "10.1.2.3", now());
  REQUIRE(mended);
  CHECK(mended->client.certificate != first->client.certificate);
  CHECK(mended->server.certificate == other->server.certificate);
}
