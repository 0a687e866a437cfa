#include "local/certificates.h"

#include "local/processes/private_file.h"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <string_view>

namespace sluice::local {

namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

constexpr std::string_view kAlwaysServed[] = {
    "DNS:localhost", "DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc",
    "IP:127.0.0.1",  "IP:::1"};
/// Clocks of clients may be this far behind.
constexpr std::chrono::hours kBackdated{1};

/// A certificate with the key that belongs to it, as OpenSSL's objects.
struct Signer {
  CertificatePtr certificate;
  KeyPtr key;
};

/// What a certificate to be made should say.
struct Profile {
  std::string common_name;
  std::string organization;
  std::string basic_constraints;
  std::string key_usage;
  std::string extended_key_usage;
  std::string alternative_names;
  Duration lifetime;
};

Error openssl_error(std::string_view what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return internal(fmt::format("cannot {}: {}", what, text.data()));
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<size_t>(size)};
}

std::string certificate_pem(X509* certificate) {
  BioPtr memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return text_of(memory.get());
}

std::string key_pem(EVP_PKEY* key) {
  BioPtr memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(memory.get());
}

KeyPair to_pem(const Signer& signer) {
  return {certificate_pem(signer.certificate.get()), key_pem(signer.key.get())};
}

time_t to_time_t(SystemTime time) {
  return std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
}

Result<void> set_serial_number(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1)
    return fail(openssl_error("draw a serial number"));
  bytes[0] &= 0x7f;
  std::unique_ptr<BIGNUM, Freer<BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
  return {};
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  if (!value.empty()) {
    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
  }
}

Result<void> add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  if (value.empty()) return {};
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    return fail(openssl_error(fmt::format("put '{}' into a certificate", value)));
  return {};
}

Result<void> add_extensions(X509* certificate, X509* issuer, const Profile& profile) {
  const std::pair<int, std::string> extensions[] = {
      {NID_basic_constraints, profile.basic_constraints},
      {NID_key_usage, profile.key_usage},
      {NID_ext_key_usage, profile.extended_key_usage},
      {NID_subject_alt_name, profile.alternative_names},
      {NID_subject_key_identifier, "hash"},
      {NID_authority_key_identifier, "keyid:always"},
  };
  for (const auto& [id, value] : extensions)
    if (auto added = add_extension(certificate, issuer, id, value); !added) return added;
  return {};
}

/// Makes a key and a certificate for it, signed by `authority`, or by itself where that is null.
Result<Signer> issue(const Profile& profile, const Signer* authority, SystemTime now) {
  Signer made{CertificatePtr(X509_new()), KeyPtr(EVP_EC_gen("P-256"))};
  if (!made.certificate || !made.key) return fail(openssl_error("make a key"));
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  if (auto set = set_serial_number(certificate); !set) return fail(set.error());
  const time_t start = to_time_t(now - kBackdated);
  ASN1_TIME_set(X509_getm_notBefore(certificate), start);
  ASN1_TIME_set(X509_getm_notAfter(certificate),
                start + std::chrono::duration_cast<std::chrono::seconds>(profile.lifetime).count());
  X509_set_pubkey(certificate, made.key.get());
  add_name(X509_get_subject_name(certificate), "O", profile.organization);
  add_name(X509_get_subject_name(certificate), "CN", profile.common_name);
  X509* issuer = authority == nullptr ? certificate : authority->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  if (auto added = add_extensions(certificate, issuer, profile); !added) return fail(added.error());
  EVP_PKEY* signing_key = authority == nullptr ? made.key.get() : authority->key.get();
  if (X509_sign(certificate, signing_key, EVP_sha256()) == 0)
    return fail(openssl_error("sign a certificate"));
  return made;
}

Profile authority_profile() {
  return {.common_name = "sluice-ca",
          .basic_constraints = "critical,CA:TRUE",
          .key_usage = "critical,digitalSignature,keyCertSign,cRLSign",
          .lifetime = kAuthorityLifetime};
}

bool is_address(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos ||
         host.find(':') != std::string::npos;
}

Profile server_profile(const std::string& listen_host) {
  std::string names;
  for (const std::string_view name : kAlwaysServed)
    names += fmt::format("{}{}", names.empty() ? "" : ",", name);
  if (!listen_host.empty())
    names += fmt::format(",{}:{}", is_address(listen_host) ? "IP" : "DNS", listen_host);
  return {.common_name = "sluice-apiserver",
          .basic_constraints = "critical,CA:FALSE",
          .key_usage = "critical,digitalSignature",
          .extended_key_usage = "serverAuth",
          .alternative_names = names,
          .lifetime = kCertificateLifetime};
}

Profile client_profile() {
  return {.common_name = "sluice-admin",
          .organization = "system:masters",
          .basic_constraints = "critical,CA:FALSE",
          .key_usage = "critical,digitalSignature",
          .extended_key_usage = "clientAuth",
          .lifetime = kCertificateLifetime};
}

/// The pair in NAME.crt and NAME.key; null members where a file is missing or no longer readable.
Signer load(const std::filesystem::path& folder, const std::string& name) {
  Signer loaded;
  const auto certificate = read_private_file(folder / (name + ".crt"));
  const auto key = read_private_file(folder / (name + ".key"));
  if (!certificate || !key) return loaded;
  BioPtr certificate_bio(
      BIO_new_mem_buf(certificate->data(), static_cast<int>(certificate->size())));
  BioPtr key_bio(BIO_new_mem_buf(key->data(), static_cast<int>(key->size())));
  loaded.certificate.reset(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr));
  loaded.key.reset(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return loaded;
}

/// True where the pair belongs together, is valid already (the clock that it was made by may have
/// been put right since) and has enough time left.
bool is_fresh(const Signer& signer, SystemTime now) {
  if (!signer.certificate || !signer.key ||
      X509_check_private_key(signer.certificate.get(), signer.key.get()) != 1) {
    ERR_clear_error();
    return false;
  }
  time_t present = to_time_t(now);
  time_t deadline = to_time_t(now + kRenewBefore);
  return X509_cmp_time(X509_get0_notBefore(signer.certificate.get()), &present) < 0 &&
         X509_cmp_time(X509_get0_notAfter(signer.certificate.get()), &deadline) > 0;
}

bool is_signed_by(const Signer& signer, const Signer& authority) {
  const bool good = X509_verify(signer.certificate.get(), authority.key.get()) == 1;
  ERR_clear_error();
  return good;
}

bool serves(const Signer& signer, const std::string& host) {
  if (host.empty()) return true;
  return is_address(host) ? X509_check_ip_asc(signer.certificate.get(), host.c_str(), 0) == 1
                          : X509_check_host(signer.certificate.get(), host.c_str(), host.size(), 0,
                                            nullptr) == 1;
}

Result<Signer> issue_and_keep(const std::filesystem::path& folder, const std::string& name,
                              const Profile& profile, const Signer* authority, SystemTime now) {
  auto made = issue(profile, authority, now);
  if (!made) return made;
  const KeyPair pem = to_pem(*made);
  // The key first: a certificate without its key would be made anew, a key without one too.
  if (auto written = write_private_file(folder / (name + ".key"), pem.key); !written)
    return fail(written.error());
  if (auto written = write_private_file(folder / (name + ".crt"), pem.certificate); !written)
    return fail(written.error());
  return made;
}

Result<std::string> ensure_token(const std::filesystem::path& file) {
  if (auto kept = read_private_file(file); kept && !kept->empty()) return kept;
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return fail(openssl_error("draw a token"));
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  if (auto written = write_private_file(file, token); !written) return fail(written.error());
  return token;
}

}  // namespace

Result<Credentials> ensure_credentials(const std::filesystem::path& folder,
                                       const std::string& listen_host, SystemTime now) {
  Signer authority = load(folder, "ca");
  if (!is_fresh(authority, now)) {
    auto made = issue_and_keep(folder, "ca", authority_profile(), nullptr, now);
    if (!made) return fail(made.error());
    authority = std::move(*made);
  }
  Signer server = load(folder, "server");
  if (!is_fresh(server, now) || !is_signed_by(server, authority) || !serves(server, listen_host)) {
    auto made = issue_and_keep(folder, "server", server_profile(listen_host), &authority, now);
    if (!made) return fail(made.error());
    server = std::move(*made);
  }
  Signer client = load(folder, "client");
  if (!is_fresh(client, now) || !is_signed_by(client, authority)) {
    auto made = issue_and_keep(folder, "client", client_profile(), &authority, now);
    if (!made) return fail(made.error());
    client = std::move(*made);
  }
  auto token = ensure_token(folder / "token");
  if (!token) return fail(token.error());
  return Credentials{certificate_pem(authority.certificate.get()), to_pem(server), to_pem(client),
                     *token};
}

}  // namespace sluice::local
