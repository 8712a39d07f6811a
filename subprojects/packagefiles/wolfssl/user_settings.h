/*
 * The settings of our build of wolfSSL: DTLS 1.2 with pre-shared keys and nothing else. Included by
 * every file of wolfSSL's and by each that includes its headers.
 */
#ifndef SIMGATE_WOLFSSL_USER_SETTINGS_H
#define SIMGATE_WOLFSSL_USER_SETTINGS_H

#define SIMGATE_WOLFSSL /* it is this one, and not the system's */

/* Protocol. DTLS 1.3 stays out: it costs memory in each session, and its ACK code has had heap
 * overflows (CVE-2026-5264, CVE-2026-6679). */
#define WOLFSSL_DTLS
#define WOLFSSL_DTLS_DROP_STATS /* how many records failed to decrypt, which it is silent about */
#define NO_OLD_TLS
#define HAVE_TLS_EXTENSIONS
#define HAVE_EXTENDED_MASTER
#define HAVE_ENCRYPT_THEN_MAC
#define HAVE_SERVER_RENEGOTIATION_INFO /* OpenSSL 3 clients insist on RFC 5746 */

/* Connection ids (RFC 9146). The longest that a peer may have chosen. */
#define WOLFSSL_DTLS_CID
#define DTLS_CID_MAX_SIZE 16

/* With the 1,400 bytes of its MTU it takes the longest datagram there is (DATAGRAM_MAX); one that it
 * does not take would count as read. */
#define WOLFSSL_DTLS_MTU_ADDITIONAL_READ_BUFFER 600

/* Sessions can be exported and imported, without their peer's address. */
#define WOLFSSL_SESSION_EXPORT
#define WOLFSSL_SESSION_EXPORT_NOPEER

/* Pre-shared keys: off by default for plain PSK, although RFC 7252 demands such a suite; keys of up
 * to 64 bytes by default; and a refused identity would be met with silence. */
#define WOLFSSL_STATIC_PSK
#define MAX_PSK_KEY_LEN 256
#define WOLFSSL_PSK_IDENTITY_ALERT

/* Ciphers: AES-128 in CCM, GCM (tables of 256 bytes a key; AES-NI needs none) and CBC. */
#define HAVE_AESCCM
#define HAVE_AESGCM
#define GCM_SMALL
#define WOLFSSL_AES_DIRECT

/* Random numbers come from dtls/wolfssl_random.c: wolfSSL's own generator opens /dev/urandom for
 * each session and was most of a handshake's cost. */
#define WC_NO_HASHDRBG
#define CUSTOM_RAND_GENERATE_BLOCK simgate_wolfssl_random
#ifndef __ASSEMBLER__
int simgate_wolfssl_random(unsigned char *output, unsigned int length);
#endif

/* Memory comes from dtls/wolfssl_memory.c, which says why. */
#define XMALLOC_OVERRIDE
#define XMALLOC(size, heap, type)          ((void)(heap), simgate_wolfssl_allocate(size))
#define XREALLOC(object, size, heap, type) ((void)(heap), simgate_wolfssl_reallocate(object, size))
#define XFREE(object, heap, type)          ((void)(heap), simgate_wolfssl_free(object))
#ifndef __ASSEMBLER__
#include <stddef.h>
void *simgate_wolfssl_allocate(size_t size);
void *simgate_wolfssl_reallocate(void *object, size_t size);
void simgate_wolfssl_free(void *object);
size_t simgate_wolfssl_in_use(void); /* bytes that this thread has; 0 under a sanitizer */
#endif

/* Not wanted. */
#define NO_SESSION_CACHE /* resuming costs as much as a handshake */
#define NO_CERTS
#define NO_ASN
#define NO_ASN_CRYPT
#define NO_RSA
#define NO_DH
#define NO_DSA
#define NO_MD4
#define NO_MD5
#define NO_SHA
#define NO_DES3
#define NO_RC4
#define NO_PWDBASED
#define NO_PKCS8
#define NO_PKCS12
#define NO_FILESYSTEM
#define NO_WOLFSSL_DIR
#define NO_ERROR_QUEUE
#define NO_CRYPT_TEST
#define NO_CRYPT_BENCHMARK
#define WOLFSSL_NO_SHAKE128
#define WOLFSSL_NO_SHAKE256
#define WC_NO_ASYNC_THREADING
#define WOLFSSL_IGNORE_FILE_WARN

/* What NO_ASN leaves undefined and internal.h needs. */
#define KEYID_SIZE 32

/* Arithmetic in constant time, should any be used. */
#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING
#define WOLFSSL_SP_MATH_ALL

/* The platform, which upstream's configure would find out. */
#define HAVE___UINT128_T 1
#define HAVE_C___ATOMIC  1
#define WOLFSSL_HAVE_ATOMIC_H
#define HAVE_LIMITS_H 1
#define HAVE_THREAD_LS
#if defined(__x86_64__)
#define WOLFSSL_X86_64_BUILD
#define WOLFSSL_AESNI
#define USE_INTEL_SPEEDUP
#define WOLFSSL_USE_ALIGN
#endif
#ifndef __ASSEMBLER__
#include <sys/param.h> /* MIN() of wolfio.c */
#include <unistd.h>
#endif

#endif
