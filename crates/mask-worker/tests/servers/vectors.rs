//! Embeddings in columns of pgvector, on a server that has it: they leak the texts that they were made of.

use crate::support::{Server, postgres};
use mask_worker::{Error, Finding, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use runtime::Login;
use tokio_postgres::Client;

const ROWS: u32 = 600;

const SCHEMA: &str = "\
    CREATE TABLE documents (id int PRIMARY KEY, title text, embedding vector(8), small halfvec(4), kept vector(3));\
    INSERT INTO documents SELECT i, 'document ' || i, \
        CASE WHEN i % 10 > 0 THEN ('[' || (SELECT string_agg((sin(i * 7 + d))::numeric(6, 4)::text, ',') FROM generate_series(1, 8) d) || ']')::vector END, \
        ('[' || i || ',1,2,3]')::halfvec, ('[' || i % 5 || ',1,2]')::vector FROM generate_series(1, 600) i;\
    CREATE INDEX documents_embedding ON documents USING hnsw (embedding vector_l2_ops);\
    CREATE INDEX documents_kept ON documents USING ivfflat (kept vector_cosine_ops) WITH (lists = 4)";

const RULES: &str = "[tables.documents]\ntitle = { text = \"drop\" }\nembedding = { vector = \"random\" }\nsmall = \"vector\"\nkept = \"keep\"\n";

async fn world() -> (Server, Client) {
    let server = postgres::server_with_vectors().await;
    let db = postgres::master(&server).await;
    db.batch_execute(SCHEMA).await.unwrap();
    (server, db)
}

async fn run(server: &Server, verbs: &[Verb]) -> Result<(), Error> {
    let target: Target = postgres::dsn(server).parse().unwrap();
    let rules = Rules::parse("documents.toml", RULES).unwrap();
    let (reporter, _progress) = Reporter::new(Default::default());
    let user = Login::new("clone_user");
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    job.run(verbs, &reporter).await.map(|_| ())
}

#[tokio::test]
async fn embeddings_are_masked_at_their_dimension_and_kept_ones_and_all_indexes_survive() {
    let (server, db) = world().await;
    let before = postgres::texts(&db, "SELECT id, embedding FROM documents ORDER BY id").await;
    let kept = "SELECT sum(vector_norm(kept)::numeric(12, 6)), count(*) FROM documents";
    let kept_before = postgres::one(&db, kept).await;

    run(&server, &[Verb::Prepare, Verb::Mask, Verb::Verify])
        .await
        .unwrap_or_else(|error| panic!("{error}"));

    let after = postgres::texts(&db, "SELECT id, embedding FROM documents ORDER BY id").await;
    let stayed = before.iter().filter(|row| after.contains(row)).count();
    assert_eq!(stayed as u32, ROWS / 10, "only NULL stays what it was");
    for (question, answer) in [
        (
            "SELECT DISTINCT vector_dims(embedding) FROM documents WHERE embedding IS NOT NULL",
            "8",
        ),
        ("SELECT count(DISTINCT embedding) FROM documents", "540"),
        ("SELECT DISTINCT small FROM documents", "[0,0,0,0]"),
        (
            "SELECT count(*) FROM pg_indexes WHERE indexname IN ('documents_embedding', 'documents_kept')",
            "2",
        ),
        (kept, &kept_before),
    ] {
        assert_eq!(postgres::texts(&db, question).await, [answer], "{question}");
    }
    let nearest = "SELECT count(*) FROM (SELECT id FROM documents ORDER BY embedding <-> '[1,0,0,0,0,0,0,0]' LIMIT 5) AS near";
    assert_eq!(postgres::one(&db, nearest).await, "5", "the index answers");
}

#[tokio::test]
async fn embeddings_that_a_teams_own_command_left_are_found() {
    let (server, db) = world().await;
    run(&server, &[Verb::Prepare]).await.unwrap();
    let command = "UPDATE documents SET title = '', small = '[0,0,0,0]'; VACUUM FULL documents";
    for statement in command.split("; ") {
        db.batch_execute(statement).await.unwrap();
    }

    let refused = run(&server, &[Verb::Verify]).await.unwrap_err();

    let Error::Findings(findings) = refused else {
        panic!("{refused}")
    };
    let found: Vec<_> = findings.iter().map(Finding::to_string).collect();
    assert!(
        found.iter().any(|finding| finding.contains("embedding")),
        "{found:?}"
    );
}
