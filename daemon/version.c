#include "daemon/version.h"

#include <net-snmp/net-snmp-config.h>

#include <curl/curl.h>
#include <jansson.h>
#include <ldns/ldns.h>
#include <libfyaml.h>
#include <microhttpd.h>
#include <net-snmp/version.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <uv.h>
#include <zlib.h>
#include <zstd.h>

void
version_print(FILE *out)
{
	fputs("mxsplitd " MXSPLIT_VERSION "\n", out);
	fprintf(out, "libuv %s\n", uv_version_string());
	fprintf(out, "libmicrohttpd %s\n", MHD_get_version());
	fprintf(out, "jansson %s\n", jansson_version_str());
	fprintf(out, "sqlite %s\n", sqlite3_libversion());
	fprintf(out, "ldns %s\n", ldns_version());
	fprintf(out, "%s\n", OpenSSL_version(OPENSSL_VERSION));
	fprintf(out, "libfyaml %s\n", fy_library_version());
	fprintf(out, "%s\n", curl_version());
	fprintf(out, "net-snmp %s\n", netsnmp_get_version());
	fprintf(out, "zlib %s\n", zlibVersion());
	fprintf(out, "zstd %s\n", ZSTD_versionString());
}
