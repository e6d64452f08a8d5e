import AdminService
import Testing

struct RouteTests {
    @Test func `only paths that no bucket can have are administration`() {
        #expect(AdminService.serves("/minio/kms/v1/key/create?key-id=k"))
        #expect(AdminService.serves("/minio/admin/v3/info"))
        #expect(!AdminService.serves("/minio/health/live"))
        #expect(!AdminService.serves("/bucket/minio/kms/"))
    }
}
