// A PKCS#11 module in front of SoftHSM's (SOFTHSM_MODULE): it passes calls on, notes the name of each that matters as a line
// of the file PKCS11_CALLS, and fails as the file PKCS11_FAULT says: `FUNCTION WHAT COUNT`, after COUNT times the file is
// removed; FUNCTION may be `any`. WHAT is a code to return, `hang` (for a minute, or until the file is gone that said so more
// than once), or `reset` (all sessions end, as when a token is reset, and then the call is made); for C_GetTokenInfo it is
// flags that the token claims to have. C_GetMechanismInfo fails for AES-GCM alone. PKCS11_SESSIONS is how many sessions the
// token allows at one time.

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../Sources/CPKCS11/include/coffer_pkcs11.h"

static CK_FUNCTION_LIST softhsm, list;
static CK_SLOT_ID known_slot;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void note(const char *function) {
    const char *path = getenv("PKCS11_CALLS");
    FILE *file = path ? fopen(path, "ae") : NULL;
    if (!file) return;
    fprintf(file, "%s\n", function);
    fclose(file);
}

// Whether the next call of a function is to fail, and how.
static int fault(const char *function, char what[32]) {
    static ino_t current;
    static int rest;
    const char *path = getenv("PKCS11_FAULT");
    char name[64];
    int count = 0, is_due = 0;
    struct stat status;
    pthread_mutex_lock(&lock);
    FILE *file = path ? fopen(path, "re") : NULL;
    if (file && fstat(fileno(file), &status) == 0 && fscanf(file, "%63s %31s %d", name, what, &count) == 3 &&
        (strcmp(name, function) == 0 || strcmp(name, "any") == 0)) {
        if (status.st_ino != current) {
            current = status.st_ino;
            rest = count;
        }
        is_due = 1;
        if (--rest <= 0) {
            unlink(path);
            current = 0;
        }
    }
    if (file) fclose(file);
    pthread_mutex_unlock(&lock);
    return is_due;
}

// The code to fail with; CKR_OK: the call is to be made.
static CK_RV due(const char *function) {
    char what[32];
    note(function);
    if (!fault(function, what)) return CKR_OK;
    if (strcmp(what, "hang") == 0) {
        const char *path = getenv("PKCS11_FAULT");
        int lasts = access(path, F_OK) == 0;
        for (int tenths = 0; tenths < 600 && (!lasts || access(path, F_OK) == 0); tenths++) usleep(100 * 1000);
        return CKR_DEVICE_ERROR;
    }
    if (strcmp(what, "reset") == 0) {
        ((CK_RV(*)(CK_SLOT_ID))softhsm.C_CloseAllSessions)(known_slot);
        return CKR_OK;
    }
    return strtoul(what, NULL, 0);
}

static CK_RV initialize(void *arguments) {
    CK_RV code = due("C_Initialize");
    return code ? code : softhsm.C_Initialize(arguments);
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count) {
    CK_RV code = due("C_GetSlotList");
    return code ? code : softhsm.C_GetSlotList(present, slots, count);
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
    char what[32];
    CK_RV code = softhsm.C_GetTokenInfo(slot, info);
    if (fault("C_GetTokenInfo", what)) info->flags |= strtoul(what, NULL, 0);
    return code;
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE mechanism, CK_MECHANISM_INFO *info) {
    CK_RV code = mechanism == CKM_AES_GCM ? due("C_GetMechanismInfo") : CKR_OK;
    return code ? code : softhsm.C_GetMechanismInfo(slot, mechanism, info);
}

static atomic_int open_sessions;

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *a, void *b, CK_SESSION_HANDLE *session) {
    known_slot = slot;
    const char *limit = getenv("PKCS11_SESSIONS");
    CK_RV code = due("C_OpenSession");
    int count = atomic_fetch_add(&open_sessions, 1);
    if (!code && limit && count >= atoi(limit)) code = CKR_SESSION_COUNT;
    if (!code) code = softhsm.C_OpenSession(slot, flags, a, b, session);
    if (code) atomic_fetch_sub(&open_sessions, 1);
    return code;
}

static CK_RV close_session(CK_SESSION_HANDLE session) {
    note("C_CloseSession");
    CK_RV code = softhsm.C_CloseSession(session);
    if (code == CKR_OK) atomic_fetch_sub(&open_sessions, 1);
    return code;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_ULONG user, CK_BYTE *pin, CK_ULONG count) {
    CK_RV code = due("C_Login");
    return code ? code : softhsm.C_Login(session, user, pin, count);
}

static CK_RV encrypt(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_count, CK_BYTE *out, CK_ULONG *out_count) {
    CK_RV code = due("C_Encrypt");
    return code ? code : softhsm.C_Encrypt(session, in, in_count, out, out_count);
}

static CK_RV decrypt(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_count, CK_BYTE *out, CK_ULONG *out_count) {
    CK_RV code = due("C_Decrypt");
    return code ? code : softhsm.C_Decrypt(session, in, in_count, out, out_count);
}

static int load(void) {
    const char *path = getenv("SOFTHSM_MODULE");
    void *module = path ? dlopen(path, RTLD_NOW) : NULL;
    CK_RV (*get)(CK_FUNCTION_LIST **) = module ? (CK_RV(*)(CK_FUNCTION_LIST **))dlsym(module, "C_GetFunctionList") : NULL;
    CK_FUNCTION_LIST *functions;
    if (!get || get(&functions) != CKR_OK) return 0;
    softhsm = *functions;
    return 1;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **functions) {
    if (!load()) return CKR_GENERAL_ERROR;
    list = softhsm;
    list.C_Initialize = initialize;
    list.C_GetSlotList = get_slot_list;
    list.C_GetTokenInfo = get_token_info;
    list.C_GetMechanismInfo = get_mechanism_info;
    list.C_OpenSession = open_session;
    list.C_CloseSession = close_session;
    list.C_Login = login;
    list.C_Encrypt = encrypt;
    list.C_Decrypt = decrypt;
    *functions = &list;
    return CKR_OK;
}

// For tests: puts an AES key of 32 bytes that are given into the first token; `may_encrypt` and `may_wrap` say what for.
// Returns the code of the call that failed.
CK_RV put_key(const char *pin, const char *label, const void *value, int may_encrypt, int may_wrap) {
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16, secret_key = CKO_SECRET_KEY, aes = CKK_AES;
    CK_BBOOL yes = 1, no = 0, encrypts = may_encrypt != 0, wraps = may_wrap != 0;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    enum { SERIAL_RW = 0x6 };
    if (!load()) return CKR_GENERAL_ERROR;
    CK_RV code = softhsm.C_Initialize(NULL);
    if (code == CKR_OK) code = softhsm.C_GetSlotList(1, slots, &count);
    if (code == CKR_OK) code = softhsm.C_OpenSession(slots[0], SERIAL_RW, NULL, NULL, &session);
    if (code == CKR_OK) code = softhsm.C_Login(session, CKU_USER, (CK_BYTE *)pin, strlen(pin));
    CK_ATTRIBUTE object[] = {
        {CKA_CLASS, &secret_key, sizeof secret_key}, {CKA_KEY_TYPE, &aes, sizeof aes},
        {CKA_TOKEN, &yes, 1},                        {CKA_PRIVATE, &yes, 1},
        {CKA_SENSITIVE, &yes, 1},                    {CKA_EXTRACTABLE, &no, 1},
        {CKA_ENCRYPT, &encrypts, 1},                 {CKA_DECRYPT, &encrypts, 1},
        {CKA_WRAP, &wraps, 1},                       {CKA_UNWRAP, &wraps, 1},
        {CKA_LABEL, (void *)label, strlen(label)},   {CKA_VALUE, (void *)value, 32},
    };
    if (code == CKR_OK) code = softhsm.C_CreateObject(session, object, sizeof object / sizeof *object, &key);
    return code;
}
