//! `gitops log`: who changed a thing or a file, and how; or what the core's newest reconciliations did.

use serde_json::{Value, json};

use super::{
    super::{Exit, Invocation},
    Trouble, commit_dto,
    holder::{Holder, Subject},
    plan_dto,
};
use crate::{
    cli::gitops::LogArgs,
    domain::gitops::{FileDiff, FileHistory, FileRevision, Reconciled},
    print::{
        Cell, Sheet, Tone, column, diff, figures,
        plan::{render, summary},
        time::rfc3339,
        wide,
    },
};

pub(super) async fn run(run: &Invocation, args: LogArgs) -> Result<(), Trouble> {
    let Some(what) = &args.what else {
        return reconciles(run, &args).await;
    };
    let holder = Holder::find(run, &args.place).await?;
    let files = match holder.subject(what)? {
        Subject::File(path) => vec![path],
        Subject::Thing(_, _, at) => {
            let mut files: Vec<_> = at.into_iter().map(|d| d.place.file.clone()).collect();
            files.dedup();
            files
        }
    };
    let mut all = Vec::new();
    for file in files {
        let history = holder.history(&file, args.limit).await?;
        let mut diffs = Vec::new();
        if args.patch {
            for revision in &history.revisions {
                diffs.push(holder.diff(&revision.path, &revision.commit.id).await?);
            }
        }
        all.push((history, diffs));
    }
    holder.done(run).await?;
    if run.printer.for_people() && args.patch {
        return run.print_text(&all.iter().map(|(h, d)| patches(h, d, run.printer.colored())).collect::<String>());
    }
    run.print(&sheet(&all))?;
    for (history, _) in all.iter().filter(|(history, _)| history.is_cut) {
        run.printer.say(&format!("{}: older ones are left out; --limit shows more", history.file));
    }
    Ok(())
}

fn patches(history: &FileHistory, diffs: &[FileDiff], color: bool) -> String {
    let mut out = String::new();
    for (revision, patch) in history.revisions.iter().zip(diffs) {
        out.push_str(&diff::commit(&revision.commit, color));
        out.push_str(&format!("    {}\n", diff::touched(revision)));
        out.push_str(&diff::patch(patch, color));
        out.push('\n');
    }
    if history.is_cut {
        out.push_str(&format!("{}: older ones are left out; --limit shows more\n", history.file));
    }
    out
}

fn sheet(all: &[(FileHistory, Vec<FileDiff>)]) -> Sheet {
    let revisions = || all.iter().flat_map(|(history, _)| &history.revisions);
    let count = |n: Option<u32>, sign| n.map(|n| format!("{sign}{n}")).unwrap_or_default();
    let row = |r: &FileRevision| {
        vec![
            diff::short(&r.commit.id).into(),
            rfc3339(r.commit.at).into(),
            r.commit.author.clone().into(),
            Cell::toned(count(r.added, '+'), Tone::Good),
            Cell::toned(count(r.removed, '-'), Tone::Bad),
            r.commit.subject.clone().into(),
            r.path.to_string().into(),
        ]
    };
    let history_dto = |(history, diffs): &(FileHistory, Vec<FileDiff>)| {
        let revisions = history.revisions.iter().enumerate().map(|(at, r)| {
            let mut dto = json!({
                "commit": commit_dto(&r.commit), "path": &*r.path, "added": r.added, "removed": r.removed,
            });
            if let Some(patch) = diffs.get(at) {
                dto["patch"] = diff_dto(patch);
            }
            dto
        });
        json!({ "file": &*history.file, "isCut": history.is_cut, "revisions": revisions.collect::<Vec<_>>() })
    };
    Sheet {
        kind: "histories",
        json: all.iter().map(history_dto).collect(),
        columns: vec![
            column("COMMIT"),
            column("AT"),
            column("AUTHOR"),
            figures("ADDED"),
            figures("REMOVED"),
            column("SUBJECT"),
            wide("FILE"),
        ],
        rows: revisions().map(row).collect(),
        names: revisions().map(|r| r.commit.id.to_string()).collect(),
        when_empty: "no commit touched it yet",
        ..Sheet::default()
    }
}

fn diff_dto(diff: &FileDiff) -> Value {
    let hunks = diff.hunks.iter().map(|hunk| {
        let lines = hunk
            .lines
            .iter()
            .map(|line| json!({ "side": line.side.word(), "text": line.text, "secretChanged": line.secret_changed }));
        json!({ "oldStart": hunk.old_start, "newStart": hunk.new_start, "lines": lines.collect::<Vec<_>>() })
    });
    json!({ "hunks": hunks.collect::<Vec<_>>(), "withheld": diff.withheld })
}

async fn reconciles(run: &Invocation, args: &LogArgs) -> Result<(), Trouble> {
    if args.place.dir.is_some() {
        return Err(Trouble::new(Exit::Usage, "a folder has no log of reconciliations")
            .hint("name a KIND/NAME or a file, or leave out --dir to ask the core"));
    }
    let signed = run.signed_in().await?;
    let done = signed.client.reconciles(args.limit).await?;
    run.keep_renewed(&signed).await?;
    if run.printer.for_people() && args.patch {
        let color = run.printer.colored();
        return run.print_text(&done.iter().map(|r| reconciled_text(r, color)).collect::<String>());
    }
    run.print(&reconciled_sheet(&done))
}

fn reconciled_text(done: &Reconciled, color: bool) -> String {
    let mut out = format!("RECONCILED {}\n", rfc3339(done.at));
    if let Some(commit) = &done.commit {
        out.push_str(&diff::commit(commit, color));
    }
    match &done.rejected {
        Some(why) => out.push_str(&format!("refused: {why}\n")),
        None => out.push_str(&render(&done.plan, false, color)),
    }
    out.push('\n');
    out
}

fn reconciled_sheet(done: &[Reconciled]) -> Sheet {
    let row = |r: &Reconciled| {
        let did = match &r.rejected {
            Some(why) => Cell::toned(format!("refused: {why}"), Tone::Bad),
            None if r.plan.steps.is_empty() => Cell::toned("nothing changed", Tone::Dim),
            None => summary(r.plan.counts()).replace(" to ", " ").into(),
        };
        vec![
            rfc3339(r.at).into(),
            r.commit.as_ref().map_or("", |c| diff::short(&c.id)).into(),
            r.commit.as_ref().map_or("", |c| &c.author).into(),
            did,
            r.commit.as_ref().map_or("", |c| &c.subject).into(),
        ]
    };
    Sheet {
        kind: "reconciles",
        json: done
            .iter()
            .map(|r| {
                json!({
                    "at": rfc3339(r.at), "commit": r.commit.as_ref().map(commit_dto), "plan": plan_dto(&r.plan),
                    "rejected": r.rejected,
                })
            })
            .collect(),
        columns: vec![column("AT"), column("COMMIT"), wide("AUTHOR"), column("DID"), wide("SUBJECT")],
        rows: done.iter().map(row).collect(),
        names: done.iter().map(|r| rfc3339(r.at)).collect(),
        when_empty: "the core has not reconciled anything since it started",
        ..Sheet::default()
    }
}
