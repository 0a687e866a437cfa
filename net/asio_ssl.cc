// The one compiled copy of Asio's TLS.

#include <boost/asio/ssl/impl/src.hpp>
