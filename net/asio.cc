// Asio's one compiled copy: every other file sees declarations only.

#include <boost/asio/impl/src.hpp>
